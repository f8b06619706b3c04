#!/usr/bin/env bash
# Drives curl over every transport that Vestibule speaks: http and https, HTTP/1.1 and HTTP/2 (by ALPN, and by prior
# knowledge without TLS).
# Shows: login, refresh, logout and the Domain API answer alike on all four; HTTP/1.1 status lines have reason phrases;
# both spellings of the cookie are set, Secure on https only; curl's own cookie jar keeps a session.
set -euo pipefail

[ -n "${VESTIBULE_CURL_LIMITED:-}" ] || VESTIBULE_CURL_LIMITED=1 exec timeout --kill-after=2 50 bash "$0"
: "${VESTIBULE_HTTP:?}" "${VESTIBULE_HTTPS:?}" "${VESTIBULE_CA:?}"
ACCOUNT=12345678
AGENT='{"username":"agent","password":"agent-password"}'
NOBODY='{"username":"nobody-of-that-name","password":"wrong"}'
JSON='content-type: application/json'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
round=start
trap 'echo "FAILED $round: not done after 50 s" >&2; exit 1' TERM

fail() {
  { echo "FAILED $round: $1"; echo "--- head"; cat "$work/head"; echo "--- body"; cat "$work/body"; echo; } >&2
  exit 1
}

# ask STATUS PATH [curl arguments]: one request, and the status that must come. Leaves head and body in $work.
ask() {
  local status=$1 path=$2
  shift 2
  : >"$work/head"; : >"$work/body"
  curl --disable --silent --show-error --max-time 10 --noproxy '*' --cacert "$VESTIBULE_CA" "${transport[@]}" \
    --dump-header "$work/head" --output "$work/body" "$@" "$base$path" || fail "curl itself failed on $path"
  local line
  line=$(head -n 1 "$work/head" | tr -d '\r')
  local expected="$version $status"
  # HTTP/2 has no reason phrases, and curl prints its status lines with a space at the end.
  [ "$version" = HTTP/1.1 ] && expected="$expected $(reason "$status")"
  [ "${line% }" = "$expected" ] || fail "$path: expected \"$expected\", came \"$line\""
}

post() { ask "$1" "/api/account/$ACCOUNT/$2" --header "$JSON" "${@:4}" --data "$3"; }

reason() {
  case $1 in 200) echo OK ;; 400) echo 'Bad Request' ;; 401) echo Unauthorized ;; 404) echo 'Not Found' ;; esac
}

field() { sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p" "$work/body" | head -n 1; }
body_has() { grep -q "$1" "$work/body" || fail "expected $1 in the body"; }
body_is_empty() { [ ! -s "$work/body" ] || fail 'expected an empty body'; }

# Both names, the same value, the attributes that local clients need, and Secure exactly on https.
cookies_are() {
  local name line
  for name in session_id Session_id; do
    line=$(tr -d '\r' <"$work/head" | sed -n "s/^[Ss]et-[Cc]ookie: \($name=.*\)/\1/p")
    case $line in "$name=$1;"*) ;; *) fail "expected Set-Cookie $name=$1, came \"$line\"" ;; esac
    case $line in *Path=/*) ;; *) fail "expected Path=/ in \"$line\"" ;; esac
    case $line in *HttpOnly*) ;; *) fail "expected HttpOnly in \"$line\"" ;; esac
    case $line in *SameSite=Lax*) ;; *) fail "expected SameSite=Lax in \"$line\"" ;; esac
    case $line in *[Dd]omain=* | *[Ee]xpires=*) fail "expected neither Domain nor Expires in \"$line\"" ;; esac
    case $base:$line in
      https:*Secure* ) ;;
      https:* ) fail "expected Secure in \"$line\"" ;;
      *Secure* ) fail "expected no Secure over http in \"$line\"" ;;
    esac
  done
}

session_by_header() {
  local csrf id
  post 200 'login?v=1.3' "$AGENT"
  csrf=$(field csrf); id=$(field sessionId)
  [ -n "$csrf" ] && [ -n "$id" ] || fail 'expected csrf and sessionId'
  cookies_are "$id"
  post 200 'refresh?v=1.3' "{\"csrf\":\"$csrf\"}" --header "Cookie: Session_id=$id"
  body_is_empty
  cookies_are "$id"
  post 200 refresh "{\"csrf\":\"$csrf\"}" --header "Cookie: other=1; session_id=$id; last=2"
  post 401 refresh '{"csrf":"0000"}' --header "Cookie: session_id=$id"
  body_has '"responseStatus" *: *"UNAUTHORIZED"'
  post 200 'logout?v=1.3' "{\"csrf\":\"$csrf\"}" --header "Cookie: session_id=$id"
  body_is_empty
  post 401 refresh "{\"csrf\":\"$csrf\"}" --header "Cookie: session_id=$id"
  body_has '"internalCode" *: *[0-9]'
}

session_by_cookie_jar() {
  local jar=$work/jar csrf
  rm -f "$jar"
  post 200 login "$AGENT" --cookie "$jar" --cookie-jar "$jar"
  csrf=$(field csrf)
  post 200 'refresh?v=1.2' "{\"csrf\":\"$csrf\"}" --cookie "$jar" --cookie-jar "$jar"
  post 200 logout "{\"csrf\":\"$csrf\"}" --cookie "$jar" --cookie-jar "$jar"
  post 401 logout "{\"csrf\":\"$csrf\"}" --cookie "$jar"
}

refusals() {
  post 401 'login?v=1.3' "$NOBODY"
  body_has '"error" *: *"'
  post 400 'login?v=1.3' '{"username":"agent"}'
  body_has '"error" *: *"Missing Arguments"'
  post 400 'login?v=9' "$AGENT"
  ask 400 "/api/account/$ACCOUNT/login?v=1.3" --data "$AGENT" # curl calls this a form
  post 401 refresh '{}'
}

domains() {
  local root service
  for root in api csdr; do
    for service in '/agentVep/baseURI.json?version=1.0' '/agentVep/baseURI?version=1.0' /agentVep/baseURI.json; do
      ask 200 "/$root/account/$ACCOUNT/service$service"
      body_has '"service" *: *"agentVep"'
      body_has '"baseURI" *: *"[^/"]*"'
    done
    for service in '/baseURI.json?version=1.0' '/baseURI?version=1.0'; do
      ask 200 "/$root/account/$ACCOUNT/service$service"
      body_has '"baseURIs" *: *\['
    done
  done
  grep -qi '^cache-control:.*max-age=' "$work/head" || fail 'expected Cache-Control: max-age'
  ask 400 "/api/account/$ACCOUNT/service/baseURI.json?version=9"
  ask 404 "/api/account/$ACCOUNT/service/noSuchService/baseURI.json?version=1.0"
  body_has '"error"'
  ask 401 '/api/account/87654321/service/agentVep/baseURI.json?version=1.0'
  ask 200 '/api/account/87654321/service/baseURI.json?version=1.0'
  body_has '"baseURIs" *: *\[ *\]'
}

# drive NAME BASE VERSION [curl arguments]
drive() {
  round=$1 base=$2 version=$3
  transport=("${@:4}")
  domains
  session_by_header
  session_by_cookie_jar
  refusals
  echo "ok: $round"
}

drive 'http'                     "$VESTIBULE_HTTP"  HTTP/1.1 --http1.1
drive 'https'                    "$VESTIBULE_HTTPS" HTTP/1.1 --http1.1
drive 'https, HTTP/2'            "$VESTIBULE_HTTPS" HTTP/2   --http2
drive 'http, HTTP/2 known ahead' "$VESTIBULE_HTTP"  HTTP/2   --http2-prior-knowledge
