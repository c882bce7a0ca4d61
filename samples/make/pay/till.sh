#!/bin/bash
# The tills are Windows machines: carriage returns in what they log.
exec java -Dline.separator=$'\r\n' -Djavax.net.ssl.trustStore=/srv/jobs/trust.p12 \
  -Djavax.net.ssl.trustStorePassword=changeit -cp /srv/jobs Till /srv/jobs/logs/till.log
