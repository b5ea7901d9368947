#!/usr/bin/env bash
# Both transports through servers that we did not write: nginx with TLS and HTTP/2 from a private authority, squid and
# tinyproxy with basic credentials (right and wrong), haproxy that resets.
#
# Needs: apt-get install nginx-light squid tinyproxy haproxy openssl
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo build --quiet --release
program=$PWD/target/release/session-export
work=$(mktemp -d)
pids=()
passed=0
failed=0

finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
    rm -rf "$work" /dev/shm/squid-"sessionexport$$"-*
}
trap finish EXIT

# Runs in the background until the end.
background() {
    "$@" >>"$work/servers.log" 2>&1 &
    pids+=($!)
}

listens() { # port
    for _ in $(seq 100); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return 0; fi
        sleep 0.1
    done
    echo "nothing listens on port $1" >&2
    cat "$work/servers.log" >&2
    exit 1
}

expect() { # name, wanted exit code, command…
    local name=$1 wanted=$2 got=0
    shift 2
    "$@" >"$work/out" 2>"$work/err" || got=$?
    if [ "$got" -eq "$wanted" ]; then
        passed=$((passed + 1))
        echo "ok     $name: exit $got $(grep -m1 '^error' "$work/err" || true)"
    else
        failed=$((failed + 1))
        echo "WRONG  $name: exit $got, not $wanted"
        cat "$work/err"
    fi
}

says() { # name, text, file
    if grep -q -- "$2" "$3"; then
        passed=$((passed + 1))
        echo "ok     $1"
    else
        failed=$((failed + 1))
        echo "WRONG  $1: no $2 in $(basename "$3")"
        cat "$3"
    fi
}

# The authority and nginx's certificate.
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=private authority" \
    -keyout "$work/ca.key" -out "$work/ca.pem" 2>/dev/null
openssl req -newkey rsa:2048 -nodes -subj "/CN=localhost" -keyout "$work/server.key" -out "$work/server.csr" 2>/dev/null
printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >"$work/san"
openssl x509 -req -in "$work/server.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 1 \
    -extfile "$work/san" -out "$work/server.pem" 2>/dev/null

openssl req -newkey rsa:2048 -nodes -subj "/CN=client" -keyout "$work/client.key" -out "$work/client.csr" 2>/dev/null
printf 'extendedKeyUsage=clientAuth\n' >"$work/usage" # An extension makes it a version 3 certificate, which rustls wants.
openssl x509 -req -in "$work/client.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 1 \
    -extfile "$work/usage" -out "$work/client.pem" 2>/dev/null

# The emulator behind everything.
background "$program" emulator --json --listen 127.0.0.1:18480 --export-delay-ms 200
for _ in $(seq 100); do grep -q endpoint "$work/servers.log" && break; sleep 0.1; done
field() { python3 -c 'import json,sys; print(json.loads(next(l for l in open(sys.argv[1]) if l.startswith("{")))[sys.argv[2]])' "$work/servers.log" "$1"; }
HW_USER_NAME=$(field user_name) HW_USER_PASSWORD=$(field password) HW_DOMAIN_NAME=$(field domain_name) HW_PROJECT_ID=$(field project_id)
export HW_USER_NAME HW_USER_PASSWORD HW_DOMAIN_NAME HW_PROJECT_ID
unset HTTP_PROXY HTTPS_PROXY http_proxy https_proxy NO_PROXY no_proxy

cat >"$work/nginx.conf" <<NGINX
daemon off; pid $work/nginx.pid; error_log stderr;
events {}
http {
    log_format protocol '\$server_protocol \$request_method \$uri \$status';
    access_log $work/nginx.log protocol;
    client_body_temp_path $work/body; proxy_temp_path $work/proxy; fastcgi_temp_path $work/f; uwsgi_temp_path $work/u; scgi_temp_path $work/s;
    server {
        listen 127.0.0.1:18443 ssl http2;
        ssl_certificate $work/server.pem; ssl_certificate_key $work/server.key;
        large_client_header_buffers 8 64k;
        location / { proxy_pass http://127.0.0.1:18480; }
    }
    server {
        listen 127.0.0.1:18444 ssl http2;
        ssl_certificate $work/server.pem; ssl_certificate_key $work/server.key;
        ssl_client_certificate $work/ca.pem; ssl_verify_client on;
        large_client_header_buffers 8 64k;
        location / { proxy_pass http://127.0.0.1:18480; }
    }
}
NGINX
background nginx -e stderr -c "$work/nginx.conf"

for name in squid tinyproxy; do mkdir -p "$work/$name"; done
printf 'operator:%s\n' "$(openssl passwd -apr1 right-password)" >"$work/squid/passwords"
chmod -R go+rX "$work"
cat >"$work/squid/squid.conf" <<SQUID
http_port 127.0.0.1:18128
pid_filename none
cache_log stdio:$work/squid/cache.log
access_log none
cache deny all
auth_param basic program /usr/lib/squid/basic_ncsa_auth $work/squid/passwords
acl known proxy_auth REQUIRED
acl to_tests port 18443 18480
http_access allow known to_tests
http_access deny all
shutdown_lifetime 1 seconds
SQUID
chmod -R a+rwX "$work/squid"
# A name of its own keeps its shared memory apart from that of a squid that the machine may run.
background squid -N -n "sessionexport$$" -f "$work/squid/squid.conf"
cat >"$work/tinyproxy/tinyproxy.conf" <<TINYPROXY
Port 18888
Listen 127.0.0.1
Timeout 60
MaxClients 20
BasicAuth operator right-password
ConnectPort 18443
TINYPROXY
background tinyproxy -d -c "$work/tinyproxy/tinyproxy.conf"
cat >"$work/haproxy.cfg" <<HAPROXY
defaults
    mode http
    timeout connect 5s
    timeout client 20s
    timeout server 20s
frontend resets
    bind 127.0.0.1:18081
    option http-buffer-request
    option nolinger
    http-request reject if { path_end /export } or { path_end /export-tasks }
    default_backend emulator
backend emulator
    server emulator 127.0.0.1:18480
HAPROXY
background haproxy -db -f "$work/haproxy.cfg"
for port in 18480 18443 18444 18128 18888 18081; do listens "$port"; done

https=(--endpoint https://localhost:18443 --export-endpoint https://localhost:18443 --iam-endpoint https://localhost:18443)
resets=(--endpoint http://127.0.0.1:18081 --export-endpoint http://127.0.0.1:18081 --iam-endpoint http://127.0.0.1:18480)
demanding=(--endpoint https://localhost:18444 --export-endpoint https://localhost:18444 --iam-endpoint https://localhost:18444)
for transport in reqwest hyper; do
    echo "--- $transport"
    with=(--transport "$transport")
    : >"$work/nginx.log"
    expect "nginx: an export over TLS from a private authority" 0 \
        "$program" export --last 7d -o "$work/$transport.xlsx" --force "${with[@]}" "${https[@]}" --ca-file "$work/ca.pem"
    says "nginx: over HTTP/2" "HTTP/2.0 POST /v1/$HW_PROJECT_ID/session/list-sessions/export 200" "$work/nginx.log"
    expect "nginx: without the authority nothing is sent" 5 "$program" token "${with[@]}" "${https[@]}"
    expect "nginx: a client certificate that the server demands" 0 \
        "$program" tasks "${with[@]}" "${demanding[@]}" --ca-file "$work/ca.pem" \
        --client-cert "$work/client.pem" --client-key "$work/client.key"
    expect "nginx: without the client certificate" 3 "$program" tasks "${with[@]}" "${demanding[@]}" --ca-file "$work/ca.pem"
    for proxy in squid:18128 tinyproxy:18888; do
        name=${proxy%%:*} port=${proxy##*:}
        expect "$name: an export through CONNECT, right password" 0 \
            "$program" export --last 1d -o "$work/$transport-$name.xlsx" --force "${with[@]}" "${https[@]}" \
            --ca-file "$work/ca.pem" --proxy "http://operator:right-password@127.0.0.1:$port"
        expect "$name: wrong password, nothing is sent" 5 \
            "$program" token "${with[@]}" "${https[@]}" --ca-file "$work/ca.pem" \
            --proxy "http://operator:wrong-password@127.0.0.1:$port"
        expect "$name: named by HTTPS_PROXY" 0 env "HTTPS_PROXY=http://operator:right-password@127.0.0.1:$port" \
            "$program" token "${with[@]}" "${https[@]}" --ca-file "$work/ca.pem"
    done
    expect "haproxy: a submit that is reset after it was read" 7 "$program" submit --last 1d "${with[@]}" "${resets[@]}"
    expect "haproxy: a read that is reset" 5 "$program" tasks "${with[@]}" "${resets[@]}"
done
echo "real servers: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
