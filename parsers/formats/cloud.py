"""Access logs of load balancers and object stores of AWS, and of Envoy."""

from __future__ import annotations

from ..lines import LineFormat, Sample
from .access_log import severity_of_status

_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z"

ELB = LineFormat(
    name="aws_elb",
    title="AWS load balancer access log (ALB, classic ELB)",
    reference="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html",
    patterns=(
        r"^(?P<body>(?:(?:https?|h2|grpcs|wss?) )?"
        + _TIME
        + r" (?P<service_name>[A-Za-z0-9/\-]+) \S+:[0-9]+ (?:\S+:[0-9]+|-) -?[0-9.]+ -?[0-9.]+ -?[0-9.]+ (?P<http_response_status_code>[0-9]{3}|-) (?:[0-9]{3}|-) .*)$",
    ),
    times=("iso",),
    severity_digits=r"Z [A-Za-z0-9/\-]+ \S+ \S+ -?[0-9.]+ -?[0-9.]+ -?[0-9.]+ ([0-9]{3}) ",
    severity_of=severity_of_status,
    multiline=False,
    confidence=0.98,
    samples=(
        Sample(
            'https 2026-03-14T09:26:53.123456Z app/shop/50dc6c495c0c9188 10.0.0.7:51966 10.0.1.2:8080 0.001 5.003 0.000 504 - 34 366 "GET https://shop.example.com:443/pay HTTP/1.1" "curl/8.5.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/shop/7 "Root=1-58" "-" "-" 0 2026-03-14T09:26:48.0Z "forward" "-" "-" "10.0.1.2:8080" "-" "-" "-"',
            {"time": "2026-03-14T09:26:53.123456Z", "severity_number": 17, "http_response_status_code": 504},
        ),
        Sample(
            '2026-03-14T09:26:54.001Z my-elb 10.0.0.7:2817 10.0.1.2:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://shop.example.com:80/ HTTP/1.1" "curl/7.38.0" - -',
            {"severity_number": 9, "http_response_status_code": 200, "service_name": "my-elb"},
        ),
        Sample(
            'http 2026-03-14T09:26:55.002Z app/shop/50dc6c495c0c9188 10.0.0.7:51967 - -1 -1 -1 403 - 0 0 "GET http://shop.example.com:80/x HTTP/1.1" "-" - - - "-" "-" "-" 0 2026-03-14T09:26:55.0Z "waf" "-" "-" "-" "-" "-" "-"',
            {"severity_number": 13, "http_response_status_code": 403},
        ),
    ),
)

S3 = LineFormat(
    name="aws_s3",
    title="Amazon S3 server access log",
    reference="https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html",
    patterns=(
        r"^(?P<body>[0-9a-f]{32,64} (?P<service_name>[a-z0-9.\-]+) \[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9:]{8} [+-][0-9]{4}\] \S+ \S+ \S+ (?P<scope_name>[A-Z0-9]+\.\S+) \S+ (?:\"(?:[^\"\\]|\\.)*\"|-) (?P<http_response_status_code>[0-9]{3}|-) .*)$",
    ),
    times=("clf",),
    severity_digits=r"(?:\"(?:[^\"\\]|\\.)*\"|-) ([0-9]{3}) ",
    severity_of=severity_of_status,
    multiline=False,
    confidence=0.98,
    samples=(
        Sample(
            '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be shop-images [14/Mar/2026:09:26:53 +0000] 192.0.2.3 79a59df9 3E57427F3EXAMPLE REST.GET.OBJECT a.jpg "GET /shop-images/a.jpg HTTP/1.1" 503 SlowDown 113 - 7 - "-" "S3Console/0.4" - x= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader shop-images.s3.amazonaws.com TLSV1.2 - -',
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 17,
                "http_response_status_code": 503,
                "scope_name": "REST.GET.OBJECT",
            },
        ),
        Sample(
            '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be shop-images [14/Mar/2026:09:26:54 +0000] 192.0.2.3 - 3E57427F3EXAMPLE REST.GET.OBJECT b.jpg "GET /shop-images/b.jpg HTTP/1.1" 403 AccessDenied 113 - 7 - "-" "-" -',
            {"severity_number": 13},
        ),
        Sample(
            '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be shop-images [14/Mar/2026:09:26:55 +0000] 192.0.2.3 79a59df9 3E57427F3EXAMPLE REST.PUT.OBJECT c.jpg "PUT /shop-images/c.jpg HTTP/1.1" 200 - - 113 7 6 "-" "-" -',
            {"severity_number": 9, "service_name": "shop-images"},
        ),
    ),
)

ENVOY = LineFormat(
    name="envoy_access",
    title="Envoy and Istio access log",
    reference="https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#default-format-string",
    patterns=(
        r"^(?P<body>\["
        + _TIME
        + r"\] \"(?:[^\"\\]|\\.)*\" (?P<http_response_status_code>[0-9]{1,3}) (?:[A-Z0-9,]+|-) .*)$",
    ),
    times=("iso",),
    severity_digits=r"^\[[^\]]*\] \"(?:[^\"\\]|\\.)*\" ([0-9]{1,3}) ",
    severity_of=severity_of_status,
    multiline=False,
    confidence=0.98,
    samples=(
        Sample(
            '[2026-03-14T09:26:53.123Z] "GET /pay HTTP/1.1" 503 UF,URX 0 91 5003 - "10.0.0.7" "curl/8.5.0" "6a3f" "shop:8080" "10.0.1.2:8080"',
            {"time": "2026-03-14T09:26:53.123Z", "severity_number": 17, "http_response_status_code": 503},
        ),
        Sample(
            '[2026-03-14T09:26:54.001Z] "POST /login HTTP/2" 401 - via_upstream - "-" 12 34 3 2 "-" "grpc-go/1.58" "7b4e" "auth:8080" "10.0.1.3:8080" inbound|8080|| 127.0.0.6:51966 10.0.1.3:8080 10.0.0.7:0 - default',
            {"severity_number": 13},
        ),
        Sample(
            '[2026-03-14T09:26:55.002Z] "- - -" 0 UF,URX - - "-" 0 0 10001 - "-" "-" "-" "-" "10.0.1.4:5432" outbound|5432||db - 10.0.1.4:5432 10.0.0.7:51966 - -',
            {"severity_number": 9, "http_response_status_code": 0},
        ),
    ),
)
