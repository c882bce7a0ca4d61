#!/bin/bash
# Fetches the exchange rates; run every few seconds here, by cron in real life.
while sleep 3; do
  echo "$(date --iso-8601=seconds) fetching rates"
  curl --silent --show-error --fail --cacert /srv/jobs/ca.pem --output /srv/jobs/rates.json https://api.pay.example.com/rates
  echo "$(date --iso-8601=seconds) curl exit code $?"
done
