# An nginx with WebDAV for artifacts at http://127.0.0.1:$port/store, with its files in $work/server; it ends with the
# script. Sourced after lib.sh, never run.
# below the ports that the system gives out; every second one: tests side by side have different ones
port=$((20000 + $$ % 6000 * 2))
mkdir -p "$work/server/store/ac" "$work/server/store/cas" "$work/server/tmp"
cat >"$work/server/nginx.conf" <<CONF
daemon off;
worker_processes 1;
pid $work/server/nginx.pid;
error_log $work/server/error.log;
events { worker_connections 64; }
http {
	access_log off;
	client_max_body_size 0;
	client_body_temp_path $work/server/tmp;
	proxy_temp_path $work/server/tmp;
	fastcgi_temp_path $work/server/tmp;
	uwsgi_temp_path $work/server/tmp;
	scgi_temp_path $work/server/tmp;
	server {
		listen 127.0.0.1:$port;
		root $work/server;
		location /store/ { dav_methods PUT; create_full_put_path on; }
	}
}
CONF
chmod 755 "$work"
[ "$(id -u)" != 0 ] || { sed -i '1i user root;' "$work/server/nginx.conf"; }
nginx -c "$work/server/nginx.conf" -e "$work/server/error.log" &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null; rm -rf "$work"' EXIT INT TERM
tries=0
while [ ! -s "$work/server/nginx.pid" ] && [ $tries -lt 5000 ]; do tries=$((tries + 1)); sleep 0.02; done
[ -s "$work/server/nginx.pid" ] || { cat "$work/server/error.log" >&2; fail "nginx does not start"; }
