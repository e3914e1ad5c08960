# 演练 / drill: the target accepts and drops the line, then throttles, then is away; the desk is restarted in between.
# Whatever happens, the notice stands there once.
title: 平台故障 (a platform fails)
start: 2026-11-19T09:00:00+08:00
-1h gov 关于今晚停水检修的通知 | 样例：今晚十点至明晨六点，城东停水检修。 | 县政府网
5m forum 城东停水怎么没通知，自来水发黄 | 样例：听说要停三天水？自来水有异味。 | 路过看看
5m expect alert 供水 within 10m
10m do bianji claim open '城东要停水三天' --alert {alert}
15m do bianji claim evidence {claim} --title 停水检修通知 --file - | 样例：停水时间为今晚十点至明晨六点，共八小时。
16m do bianji claim judge {claim} false --finding '停水八小时，不是三天'
17m do shenhe claim sign {claim}
# 1. accepted, and the line is cut: never a second post without a look
20m fault site drop op=posts
20m do shenhe post correct --claim {claim} --to wordpress --title 停水检修时间说明 --file - | 网传“城东停水三天”不实。停水时间为今晚十点至明晨六点。
21m do qianfa post approve {post} --digest {digest} --confirm '演练 {post}' --no-wait
21m expect sent 1 within 30m
21m expect published 1 site 停水检修时间说明 within 30m
# 2. throttled with a date that is nonsense, then away
60m fault site 429 times=2 after=soon
60m fault site 503 after=30
60m do shenhe post correct --claim {claim} --to 水务站 --title 停水检修补充说明 --file - | 检修期间设三个临时供水点。
61m do qianfa post approve {post} --digest {digest} --confirm '演练 {post}' --no-wait
61m expect published 1 site 停水检修补充说明 within 3h
# 3. the desk itself is away for two hours and catches up
5h desk stop
5h forum 检修结束了，水已经清了 | 样例：早上六点就来水了。 | 河沿路住户
5h clock +2h
5h desk start
301m expect found 1 水已经清了 within 10m
# its callbacks are open again, too
302m wechat message 我家水也清了，谢谢
302m expect cases 1 within 10m
