"""Opens what the user gives: archives, folders, files, stdin."""
