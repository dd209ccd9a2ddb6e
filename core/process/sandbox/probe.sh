# What must not be possible in a sandbox, tried in one: `bash probe.sh SECRET OUTSIDE PORT`. Each line it prints is a fault. That
# nothing came to be in the folder OUTSIDE, and `inside` in this one, who started it sees for themselves.

secret=$1 outside=$2 port=$3

echo 1 > inside
(echo 1 > "$outside/file") 2> /dev/null
if [ -r "$secret" ]; then echo "the data folder can be read"; fi
if (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then echo "the service's own API can be reached"; fi

# HTTP_PROXY is http://user:password@localhost:port, percent-encoded.
account=${HTTP_PROXY#http://} account=${account%@*}
account=$(printf '%b' "${account//%/\\x}" | base64 -w 0)
if ! exec 3<> "/dev/tcp/localhost/${HTTP_PROXY##*:}"; then
  echo "there is no way to the network"
else
  printf 'CONNECT 127.0.0.1:%s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nProxy-Authorization: Basic %s\r\n\r\n' "$port" "$port" "$account" >&3
  read -r -t 10 _ status _ <&3
  case $status in
  403) ;;
  200) echo "the service's own API can be reached through the proxy" ;;
  *) echo "the proxy gives no answer (${status:-none})" ;;
  esac
fi
