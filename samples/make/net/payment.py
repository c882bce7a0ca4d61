"""The payment service of the story in net-trouble.sh: from its second refund on it dies before it has read it."""

import os
import socket
import sys

server = socket.create_server(("", 9000), reuse_port=False)
while True:
    connection, _ = server.accept()
    head = connection.recv(2048)
    if b"refund-1 " not in head[:200]:
        sys.stdout.write("payment: fatal: ledger is locked\n")
        sys.stdout.flush()
        # What is left unread makes the kernel reset the connection.
        os.kill(os.getpid(), 9)
    while len(head) < 400_000:
        head += connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
    connection.close()
