# Shared by the integration tests: TAP, a folder of its own, servers that are stopped by pid, JSON by jq. Sourced, not run.
# shellcheck shell=bash
set -u
# Debian's own python3, which has the packages that scripts/packages installs
# (first in PATH, not a function: a function in the background would be a shell whose child outlives a kill)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
HUYING=${HUYING:-$top/build/huying}
T=$(mktemp -d "${TMPDIR:-/tmp}/hy-it.XXXXXX")
mkdir -p "$T/bin"
[ ! -x /usr/bin/python3 ] || ln -s /usr/bin/python3 "$T/bin/python3"
PATH=$T/bin:$PATH
pids=()
test_n=0
test_bad=0
export LC_ALL=C.UTF-8 LANGUAGE=en HUYING_TEST_FAST_HASH=1
unset HUYING_DIR HUYING_TOKEN_FILE

finish() {
  local code=$?
  for pid in "${pids[@]:-}"; do [ -n "$pid" ] && kill "$pid" 2>/dev/null; done
  for pid in "${pids[@]:-}"; do [ -n "$pid" ] && wait "$pid" 2>/dev/null; done
  echo "1..$test_n"
  [ "$test_bad" = 0 ] && [ "$code" = 0 ] && [ -z "${KEEP:-}" ] && rm -rf "$T" || echo "# kept: $T" >&2
  [ "$test_bad" = 0 ] || exit 1
}
trap finish EXIT
trap 'exit 130' INT TERM

# ok CONDITION-STATUS NAME
ok() {
  test_n=$((test_n + 1))
  if [ "$1" = 0 ]; then echo "ok $test_n - $2"; else
    test_bad=$((test_bad + 1)); echo "not ok $test_n - $2"
  fi
}
# is GOT WANTED NAME
is() {
  test_n=$((test_n + 1))
  if [ "$1" = "$2" ]; then echo "ok $test_n - $3"; else
    test_bad=$((test_bad + 1)); printf 'not ok %s - %s\n# got:    %s\n# wanted: %s\n' "$test_n" "$3" "$1" "$2"
  fi
}
# has TEXT PIECE NAME
has() {
  test_n=$((test_n + 1))
  case $1 in *"$2"*) echo "ok $test_n - $3" ;; *)
    test_bad=$((test_bad + 1)); printf 'not ok %s - %s\n# no "%s" in: %.400s\n' "$test_n" "$3" "$2" "$1" ;;
  esac
}
skip_all() { echo "1..0 # skipped: $1"; trap - EXIT; rm -rf "$T"; exit 0; }
# A missing tool skips at home and fails in CI.
need() {
  for tool in "$@"; do
    command -v "$tool" >/dev/null 2>&1 && continue
    [ "${CI:-}" = true ] && { echo "not ok 1 - $tool is missing"; echo "1..1"; trap - EXIT; exit 1; }
    skip_all "$tool is missing"
  done
}
die() { echo "Bail out! $*"; exit 1; }
free_port() { python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])'; }
# until_ok SECONDS COMMAND...: tries until it succeeds; a hang guard, not a measure
until_ok() {
  local end=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $end ] || return 1; read -r -t 0.05 _ <> <(:) || true; done
}
hy() { "$HUYING" --dir "$D" "$@"; }
# hyas LOGIN COMMAND...: as that person, by the token in $T/LOGIN.token
hyas() { local who=$1; shift; "$HUYING" --dir "$D" --as "$who" --token-file "$T/$who.token" "$@"; }
# field JSON FILTER
field() { jq -r "$2" <<<"$1"; }

# setup_office NAME: folder $D with the persons admin, editor (editor+clerk), checker (editor+approver), approver, handler and two units
setup_office() {
  D=$T/office
  "$HUYING" setup --office "$1" --dir "$D" --listen 127.0.0.1:0 --admin-token-file "$T/admin.token" >"$T/setup.out" || die "setup: $(cat "$T/setup.out")"
  hyas admin unit add 水务局 >/dev/null && hyas admin unit add 交通局 >/dev/null || die units
  local who duties
  while read -r who duties; do
    hyas admin user add --login "$who" --name "$who" --duties "$duties" ${3:+} --json | jq -r .token >"$T/$who.token" || die "user $who"
  done <<'PEOPLE'
editor viewer,clerk,editor
checker viewer,editor,approver
approver viewer,approver,supervisor
clerk viewer,clerk
PEOPLE
  hyas admin user add --login handler --name handler --duties viewer,handler --unit 水务局 --json | jq -r .token >"$T/handler.token"
}
# serve [ARGS]: the daemon on $D; waits until it answers; $PORT is the dashboard's
serve() {
  "$HUYING" serve --dir "$D" "$@" 2>>"$T/serve.log" &
  SERVE=$!
  pids+=("$SERVE")
  until_ok 30 test -s "$D/run/web.port" || die "serve did not start: $(tail -3 "$T/serve.log")"
  PORT=$(cat "$D/run/web.port")
  until_ok 30 curl -fsS "http://127.0.0.1:$PORT/readyz" || die "serve is not ready: $(tail -3 "$T/serve.log")"
}
stop_serve() { kill "$SERVE" 2>/dev/null; wait "$SERVE" 2>/dev/null; local code=$?; rm -f "$D/run/web.port"; return $code; }

# start_practice [ARGS]: the practice site; $PRACTICE is its address
start_practice() {
  "$HUYING" __practice --port 0 "$@" >"$T/practice.out" 2>"$T/practice.log" &
  pids+=($!)
  until_ok 120 grep -q '^listening ' "$T/practice.out" || die "the practice site did not start: $(tail -3 "$T/practice.log")"
  PRACTICE=$(sed -n 's/^listening //p' "$T/practice.out")
  PRACTICE_SMPP=$(sed -n 's/^smpp //p' "$T/practice.out")
  PRACTICE_SMTP=$(sed -n 's/^smtp //p' "$T/practice.out")
  PRACTICE_IMAP=$(sed -n 's/^imap //p' "$T/practice.out")
}
# practice WHAT: POST /practice/WHAT (fault, clock, say ...)
practice() { curl -fsS -X POST -H 'X-Practice: 1' "http://$PRACTICE/practice/$1"; }
# practice_state PLATFORM FILTER: what the site holds
practice_state() { curl -fsS "http://$PRACTICE/practice/state?platform=$1" | jq -r "$2"; }

# ---- a real WordPress on $WP_PORT, over mariadb on a socket; application password in $T/wp.password ----
start_wordpress() {
  need php mariadbd mariadb-install-db
  WP=$T/wp WP_PORT=$(free_port)
  mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$T/db" --auth-root-authentication-method=normal --skip-test-db >"$T/db.log" 2>&1 || die "mariadb-install-db"
  mariadbd --no-defaults --user="$(id -un)" --datadir="$T/db" --skip-networking --socket="$T/db.sock" --pid-file="$T/db.pid" --innodb-buffer-pool-size=16M >>"$T/db.log" 2>&1 &
  pids+=($!)
  until_ok 60 mariadb-admin --no-defaults -u root --socket="$T/db.sock" ping || die "mariadb"
  mariadb --no-defaults -u root --socket="$T/db.sock" -e 'create database wp character set utf8mb4' || die "database"
  cp -rL /usr/share/wordpress "$WP" 2>/dev/null
  mkdir -p "$WP/wp-content/themes" "$WP/wp-content/plugins" "$WP/wp-content/uploads"
  cat >"$WP/wp-config.php" <<PHP
<?php
define('DB_NAME','wp'); define('DB_USER','root'); define('DB_PASSWORD',''); define('DB_HOST','localhost:$T/db.sock');
define('DB_CHARSET','utf8mb4'); define('WP_ENVIRONMENT_TYPE','local'); define('WP_HTTP_BLOCK_EXTERNAL',true);
define('DISABLE_WP_CRON',true); define('AUTOMATIC_UPDATER_DISABLED',true);
define('WP_HOME','http://127.0.0.1:$WP_PORT'); define('WP_SITEURL','http://127.0.0.1:$WP_PORT');
\$table_prefix='wp_'; if(!defined('ABSPATH')) define('ABSPATH',__DIR__.'/'); require_once ABSPATH.'wp-settings.php';
PHP
  (cd "$WP" && exec php -d error_reporting=0 -d display_errors=0 -S "127.0.0.1:$WP_PORT") >"$T/wp.log" 2>&1 &
  pids+=($!)
  until_ok 60 curl -fsS -o /dev/null "http://127.0.0.1:$WP_PORT/wp-admin/install.php" || die "wordpress: $(tail -2 "$T/wp.log")"
  curl -fsS -o "$T/wp.install" "http://127.0.0.1:$WP_PORT/wp-admin/install.php?step=2" \
    --data-urlencode weblog_title=临江县政府网 --data user_name=huying --data admin_password=pw-of-the-test --data admin_password2=pw-of-the-test \
    --data pw_weak=1 --data admin_email=a@example.org --data blog_public=0 || die "wordpress install"
  wp_php 'echo WP_Application_Passwords::create_new_application_password(1,["name"=>"huying"])[0];' >"$T/wp.password"
  [ -s "$T/wp.password" ] || die "no application password"
}
# wp_php CODE: runs inside WordPress
wp_php() { (cd "$WP" && php -d error_reporting=0 -d display_errors=0 -r "require 'wp-load.php'; $1"); }
# wp_post TITLE TEXT: publishes on the WordPress site, prints its id
wp_post() { wp_php "echo wp_insert_post(['post_title'=>'$1','post_content'=>'$2','post_status'=>'publish','post_author'=>1]);"; }

# ---- a real DokuWiki on $DW_PORT ----
start_dokuwiki() {
  DW=$T/dokuwiki DW_PORT=$(free_port)
  cp -rL /usr/share/dokuwiki "$DW" 2>/dev/null
  mkdir -p "$DW/data" "$DW/conf"
  for d in attic cache index locks media media_attic media_meta meta pages tmp log; do mkdir -p "$DW/data/$d"; done
  cp -rL /etc/dokuwiki/. "$DW/conf/" 2>/dev/null
  cat >"$DW/conf/local.php" <<'PHP'
<?php $conf['title']='临江论坛'; $conf['useacl']=0; $conf['savedir']='./data'; $conf['rss_content']='html'; $conf['lang']='zh'; $conf['updatecheck']=0;
PHP
  printf "<?php define('DOKU_CONF','%s/conf/');\n" "$DW" >"$DW/inc/preload.php"
  (cd "$DW" && exec php -d error_reporting=0 -d display_errors=0 -S "127.0.0.1:$DW_PORT") >"$T/dw.log" 2>&1 &
  pids+=($!)
  until_ok 60 curl -fsS -o /dev/null "http://127.0.0.1:$DW_PORT/feed.php" || die "dokuwiki: $(tail -3 "$T/dw.log")"
}
# dw_page NAME TEXT: writes a wiki page
dw_page() {
  (cd "$DW" && NAME=$1 TEXT=$2 php -d error_reporting=0 -d display_errors=0 -r \
    'define("DOKU_INC",getcwd()."/"); define("NOSESSION",1); require "inc/init.php"; saveWikiText(getenv("NAME"),getenv("TEXT"),"new");')
}

# ---- certificates: an authority in $T/ca.pem, and of mail.example good.pem, expired.pem, another.pem (wrong name), own.pem (self-signed) ----
make_certificates() {
  need openssl
  local key="$T/certs.key" name subject days
  {
    openssl ecparam -name prime256v1 -genkey -noout -out "$key"
    openssl req -x509 -new -key "$key" -days 30 -subj '/CN=临江县内网' -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=keyCertSign' -out "$T/ca.pem"
    while read -r name subject days; do
      openssl ecparam -name prime256v1 -genkey -noout -out "$T/$name.key"
      openssl req -new -key "$T/$name.key" -subj "/CN=$subject" -out "$T/$name.csr"
      printf 'subjectAltName=DNS:%s\n' "$subject" >"$T/$name.ext"
      openssl x509 -req -in "$T/$name.csr" -CA "$T/ca.pem" -CAkey "$key" -set_serial "0x$(openssl rand -hex 8)" -days "$days" -extfile "$T/$name.ext" -out "$T/$name.crt"
      cat "$T/$name.crt" "$T/$name.key" >"$T/$name.pem"
    done <<<$'good mail.example 30\nexpired mail.example -1\nanother other.example 30'
    openssl req -x509 -new -key "$T/good.key" -days 30 -subj /CN=mail.example -addext 'subjectAltName=DNS:mail.example' -out "$T/own.crt"
    cat "$T/own.crt" "$T/good.key" >"$T/own.pem"
  } 2>"$T/openssl.log" || die "certificates: $(tail -2 "$T/openssl.log")"
}
