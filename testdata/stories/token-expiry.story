# 演练 / drill: a correction goes to eight accounts on five platforms; the password of one and the token of another end in mid
# fan-out. Six stand, two wait for a new sign-in; one of them comes back, and gets it. Nobody gets two.
title: 令牌到期 (a token ends in mid fan-out)
start: 2026-11-17T10:00:00+08:00
1m forum 自来水发黄是不是要停水 | 样例：听说要停水，自来水发黄，有人知道吗？ | 城东老街坊
1m expect alert 供水 within 10m
2m weibo message 明天停水是真的吗 | 求证小林
2m expect cases 1 within 5m
5m do bianji claim open '全城要停水' --alert {alert}
6m do bianji claim evidence {claim} --title 供水调度记录 --file - | 样例：今日供水调度正常，无停水计划。
7m do bianji claim judge {claim} false --finding 今日无停水计划
8m do shenhe claim sign {claim}
10m fault site 401 on=all of=jiaotong times=-1
10m token weibo practice-weibo-3 expire
10m do shenhe post correct --claim {claim} --to site,wordpress,水务站,交通站,微博,微博交通,公众号,长毛象 --title 今日供水正常 --file - | 网传“全城停水”不实，今日供水正常。
11m do qianfa post approve {post} --digest {digest} --confirm '演练 {post}' --no-wait
11m expect sent 6 within 10m
11m expect published 2 site 今日供水正常 within 10m
11m expect published 1 weibo 今日供水正常 within 10m
11m expect published 1 mastodon 今日供水正常 within 10m
11m expect published 1 wechat 今日供水正常 within 10m
# the token is good again: the missing one goes out, and that one alone
25m token weibo practice-weibo-3 renew
25m do admin account unfreeze 微博交通
25m expect sent 7 within 10m
25m expect published 2 weibo 今日供水正常 within 10m
25m expect published 1 mastodon 今日供水正常 within 10m
25m expect published 1 wechat 今日供水正常 within 10m
