# 演练 / drill: the week of National Day: few people on duty, rest days, a make-up working day, two small waves, one real fault.
title: 国庆假期 (National Day week)
start: 2026-09-30T17:30:00+08:00
-3h gov 国庆假期值班公告 | 样例：假期期间，供水、供电、公交抢修电话二十四小时畅通。 | 县政府网
0 expect quiet within 12h
10m forum 假期江边有烟花吗 | 样例：听说一号晚上有烟花？ | 旧城故事
20m weibo mention 假期图书馆开门吗 | 书虫小陈
20m expect found 1 假期图书馆开门吗 within 10m
15h forum 老码头人好多 | 样例：停车场满了，大家坐公交吧。 | 赶车的人
16h do bianji case open '老码头停车秩序' --text '样例：游客反映停车场已满仍在放行。' --type complaint --unit 交通局
16h expect cases 1 within 1m
17h do jiaotong case reply {case} --file - | 您好：已增派人员疏导，并在路口提示车位已满。（样例）
39h forum 八路公交改线了吗 | 样例：八路公交改线了？等了半小时。 | 赶车的人
39h expect alert 公交 within 15m
64h forum 自来水发黄，假期有人管吗 | 样例：城东自来水发黄，打电话没人接。 | 城东老街坊
64h expect alert 供水 within 15m
65h do bianji case open '城东自来水发黄' --text '样例：假期期间自来水发黄，电话无人接听。' --type request --alert {alert} --unit 水务局
65h sms message 水还能喝吗 | 13800000001
66h do shuiwu case reply {case} --file - | 您好：抢修人员已到现场，放水几分钟即可恢复。（样例）
110h mail message 表扬信 | 样例：假期反映的问题两个小时就解决了。 | citizen@example.org
110h expect cases 1 within 10m
150h forum 假期结束了 | 样例：收心上班。 | 书虫小陈
150h expect items 5 within 10m
