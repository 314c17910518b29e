#!/bin/sh
# Each line of a file, in a shell and a folder of its own: what it printed, and its status.
umask 022
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/ TZ=UTC0
while IFS= read -r line; do
	rm -rf /tmp/w
	mkdir /tmp/w
	cd /tmp/w
	echo "\$ $line"
	setsid timeout 200 sh -c "$line" </dev/null >/tmp/o 2>&1
	s=$?
	cat /tmp/o
	echo "[$s]"
done <"$1"
