#!/usr/bin/env bash
# A real WordPress, DokuWiki and MediaWiki as sources: comments, recent changes and pages arrive once, each edit as a revision or as the
# change that the site itself calls a new one; nobody's name comes with them.
source "$(dirname "$0")/../integration/lib.sh"
need php jq curl python3
[ -f /usr/share/mediawiki/maintenance/install.php ] || { [ "${CI:-}" = true ] && die "mediawiki is missing: scripts/install-packages peers"; skip_all "mediawiki is missing: scripts/install-packages peers"; }
php -m | grep -qi pdo_sqlite || skip_all "php-sqlite3 is missing"

# ---- MediaWiki over SQLite, as its own installer makes it ----
start_mediawiki() {
  MW=$T/mw MW_PORT=$(free_port)
  mkdir -p "$MW" "$T/mwdata"
  # the program's own files stay where the package has them; what it writes is here
  cp -r /usr/share/mediawiki/. "$MW/" 2>/dev/null
  rm -f "$MW/LocalSettings.php" "$MW/images" "$MW/extensions" "$MW/config"
  mkdir -p "$MW/images" "$MW/extensions"
  (cd "$MW" && php maintenance/install.php --dbtype sqlite --dbname wiki --dbpath "$T/mwdata" --server "http://127.0.0.1:$MW_PORT" --scriptpath "" --lang zh \
    --pass pw-of-the-test-1 临江百科 Zhangsanhandle) >"$T/mw.install" 2>&1 || die "mediawiki: $(tail -3 "$T/mw.install")"
  cat >>"$MW/LocalSettings.php" <<'PHP'
$wgJobRunRate = 0; $wgMainCacheType = CACHE_NONE; $wgEnableEmail = false; $wgRCFilterByAge = false;
PHP
  (cd "$MW" && exec php -d error_reporting=0 -d display_errors=0 -S "127.0.0.1:$MW_PORT") >"$T/mw.log" 2>&1 &
  pids+=($!)
  until_ok 60 curl -fsS -o /dev/null "http://127.0.0.1:$MW_PORT/api.php?action=query&format=json" || die "mediawiki: $(tail -3 "$T/mw.log")"
}
mw_page() { printf '%s' "$2" | (cd "$MW" && php maintenance/edit.php --user Zhangsanhandle --summary "${3:-}" "$1") >"$T/mw.edit" 2>&1 || die "edit $1: $(tail -2 "$T/mw.edit")"; }
# every site tells change by whole seconds
tick() { local s; s=$(date +%s); until_ok 5 eval "[ \$(date +%s) -gt $((s + 1)) ]"; }

start_wordpress
start_dokuwiki
start_mediawiki
setup_office 临江县
src() { hyas admin source add --kind feed "$@" >/dev/null 2>"$T/err" || die "source add $*: $(cat "$T/err")"; }
src --name 博客 --reach "127.0.0.1:$WP_PORT" "http://127.0.0.1:$WP_PORT/?feed=rss2"
src --name 评论 --reach "127.0.0.1:$WP_PORT" "http://127.0.0.1:$WP_PORT/?feed=comments-rss2"
src --name 评论原子 --reach "127.0.0.1:$WP_PORT" "http://127.0.0.1:$WP_PORT/?feed=comments-atom"
src --name 论坛 --reach "127.0.0.1:$DW_PORT" "http://127.0.0.1:$DW_PORT/feed.php?type=atom1&linkto=current&content=html&purge=1"
src --name 论坛二 --reach "127.0.0.1:$DW_PORT" "http://127.0.0.1:$DW_PORT/feed.php?type=rss2&content=abstract&purge=1"
src --name 百科 --reach "127.0.0.1:$MW_PORT" "http://127.0.0.1:$MW_PORT/index.php?title=Special:RecentChanges&feed=atom"
src --name 百科二 --reach "127.0.0.1:$MW_PORT" "http://127.0.0.1:$MW_PORT/api.php?action=feedrecentchanges&feedformat=rss"
src --name 百科新页 --reach "127.0.0.1:$MW_PORT" "http://127.0.0.1:$MW_PORT/index.php?title=Special:NewPages&feed=atom"
look() { hyas admin collect run >"$T/look" 2>&1 || { hyas admin source list >&2; return 1; }; }
figures() { hyas admin source list --json | jq -c '.items[] | select(.name == "'"$1"'") | [.new, .edit]'; }
all_figures() { hyas admin source list --json | jq -c '[.items[] | [.name, .new, .edit]]'; }
found() { hyas editor search "$1" --all --json | jq '.items | length'; }
text() { hyas editor search "$1" --all --json | jq -r '.items[0].text'; }
look; ok $? "the first look at all eight: $(all_figures)"

# ---- said once ----
post=$(wp_post 停水通告 '城东今晚停水检修。')
wp_comment() { wp_php "echo wp_insert_comment(['comment_post_ID'=>$post,'comment_author'=>'张三handle','comment_author_email'=>'zhangsan-handle@example.org','comment_author_url'=>'http://zhangsan-handle.example','comment_content'=>'$1','comment_approved'=>1]);"; }
comment=$(wp_comment '楼上停水了吗？电话 13812345678 <b>急</b>')
wp_comment '回复：一楼还有水 &amp; 不发黄' >/dev/null
wp_php "wp_insert_comment(['comment_post_ID'=>$post,'comment_parent'=>$comment,'comment_author'=>'李四handle','comment_content'=>'二楼没有','comment_approved'=>1]);"
dw_page water '听说城东**自来水发黄**，是真的吗？联系 13912345678。'
mw_page 城东供水 '城东[[供水]]：发黄的水来自管网冲洗。电话 13712345678。' 新页说明
tick
look; ok $? "a look"
before=$(all_figures)
is "$(found '"城东今晚停水检修" 信源:博客')" 1 "WordPress: a post"
for s in 评论 评论原子; do
  is "$(found "\"楼上停水了吗\" 信源:$s")" 1 "WordPress, $s: a comment"
  is "$(found "\"二楼没有\" 信源:$s")" 1 "WordPress, $s: an answer to it"
  is "$(found "\"一楼还有水 & 不发黄\" 信源:$s")" 1 "WordPress, $s: another, its sign unescaped once"
done
is "$(found '"自来水发黄" 信源:论坛')" 1 "DokuWiki, Atom with HTML: a change"
is "$(found '"自来水发黄" 信源:论坛二')" 1 "DokuWiki, RSS 2.0 with abstracts: the same"
is "$(found '"管网冲洗" 信源:百科')" 1 "MediaWiki, Atom of recent changes"
is "$(found '标题:城东供水 信源:百科二')" 1 "MediaWiki, RSS by its API"
is "$(found '标题:城东供水 信源:百科新页')" 1 "MediaWiki, new pages"
look
is "$(all_figures)" "$before" "a look without anything new takes nothing"

# ---- edited ----
tick
wp_php "wp_update_post(['ID'=>$post,'post_content'=>'城东今晚停水检修，推迟到明晚。']);" >/dev/null
wp_php "wp_update_comment(['comment_ID'=>$comment,'comment_content'=>'楼上停水了吗？已来水，谢谢']);" >/dev/null
dw_page water '听说城东**自来水发黄**，是真的吗？更正：已经清了。'
mw_page 城东供水 '城东[[供水]]：发黄的水来自管网冲洗，现已清澈。' 更正
tick
look; ok $? "a look after the edits: $(all_figures)"
is "$(figures 博客)" "[$(jq -r '.[0][1]' <<<"$before"),$(($(jq -r '.[0][2]' <<<"$before") + 1))]" "WordPress: the edited post is a revision, no new item"
has "$(text '"推迟到明晚" 信源:博客')" 推迟到明晚 "and reads as edited"
for s in 评论 评论原子; do is "$(found "\"已来水，谢谢\" 信源:$s")" 1 "WordPress, $s: the edited comment reads as edited"; is "$(found "\"楼上停水了吗\" 信源:$s")" 1 "and is one item"; done
is "$(found '"更正：已经清了" 信源:论坛')" 1 "DokuWiki: the edit is there"
is "$(found '"现已清澈" 信源:百科')" 1 "MediaWiki: the edit is there"
is "$(found '标题:城东供水 信源:百科新页')" 1 "MediaWiki: the new page is still one"
after=$(all_figures)
look; is "$(all_figures)" "$after" "and a further look takes nothing twice"

# ---- nobody's name, no number ----
is "$(found 13812345678)$(found 13912345678)$(found 13712345678)" 000 "no telephone number is found"
grep -raE 'Zhangsanhandle|zhangsan-handle|[张李][三四]handle|13[789]12345678' "$D" >"$T/leaks" 2>/dev/null; is "$(wc -l <"$T/leaks")" 0 "no name of a writer on the disk"
