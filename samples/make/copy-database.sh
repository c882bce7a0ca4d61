#!/bin/bash
# Copies the database twice, to be safe, onto the disk that it is on.
export LC_ALL=zh_CN.GB18030
say() {
  echo "$(date '+%Y-%m-%d %H:%M:%S') $1" | iconv -f UTF-8 -t GB18030
}

say '开始备份数据库'
for copy in 1 2 3; do
  if cp -r /data/postgresql "/data/backup-$copy"; then
    say "第 $copy 份备份完成"
  else
    say "第 $copy 份备份失败"
  fi
done
df -h /data
