# 演练 / drill: a correction goes to five accounts, and the password of the third is withdrawn in mid fan-out. Four stand, one
# waits for a new sign-in; nobody gets two.
title: 令牌到期 (a token ends in mid fan-out)
start: 2026-11-17T10:00:00+08:00
1m forum 自来水发黄是不是要停水 | 样例：听说要停水，自来水发黄，有人知道吗？ | 城东老街坊
1m expect alert 供水 within 10m
5m do bianji claim open '全城要停水' --alert {alert}
6m do bianji claim evidence {claim} --title 供水调度记录 --file - | 样例：今日供水调度正常，无停水计划。
7m do bianji claim judge {claim} false --finding 今日无停水计划
8m do shenhe claim sign {claim}
10m fault site 401 on=all of=jiaotong times=-1
10m token weibo practice-weibo-3 expire
10m do shenhe post correct --claim {claim} --to wordpress,水务站,交通站,教育站,城东站 --title 今日供水正常 --file - | 网传“全城停水”不实，今日供水正常。
11m do qianfa post approve {post} --digest {digest} --confirm '演练 {post}' --no-wait
11m expect sent 4 within 40m
11m expect published 4 site 今日供水正常 within 40m
