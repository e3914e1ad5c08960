# 演练 / drill: tap water runs yellow in the east of 临江县, and a rumour says that it is poisoned.
标题: 自来水谣言 (a rumour about tap water)
开始: 2026-11-20T17:40:00+08:00
-6h 政府网 关于城东管网冲洗的预告 | 样例：县自来水公司将分片冲洗城东老旧管网，个别用户可能短时水色变化。 | 县政府网
-1h 论坛 图书馆新馆几点开门 | 样例：听说新馆试运行了，周日开吗？ | 书虫小陈
0 期望 无预警 内 1m
2m 论坛 城东自来水发黄，有人知道怎么回事吗 | 样例：打开水龙头，自来水发黄，放了五分钟才好一点。 | 城东老街坊
2m 期望 预警 供水 内 10m
3m 论坛 我家也是，自来水有异味 | 样例：河沿路这边也一样，自来水有异味。 | 河沿路住户
4m 微博 提及 城东自来水有毒是真的吗 | 求证小林
4m 期望 检出 1 有毒是真的吗 内 3m
4m 论坛 听说自来水有毒不能喝？求证实 | 样例：群里都在传城东自来水有毒，说是上游化工厂出事了。 | 求证小林
5m 微信 私信 自来水还能喝吗
5m 期望 诉求 1 内 3m
6m 论坛 转：城东自来水有毒，千万别喝 | 样例：城东自来水有毒，上游化工厂泄漏，大家赶紧去买桶装水。 | 转发达人
7m 期望 检出 2 自来水 有毒 内 3m
8m 执行 bianji alert ack {alert}
8m 执行 bianji claim open '城东自来水有毒，上游化工厂泄漏' --alert {alert}
8m 期望 说法 1 内 1m
9m 执行 bianji case open '城东自来水发黄，要求查明' --text '样例：住户反映自来水发黄、有异味，请查明原因。' --type request --alert {alert} --claim {claim} --unit 水务局
9m 期望 诉求 2 内 1m
20m 执行 shuiwu case note {case} --text 样例：已在城东三个点位取样，正在检测。
40m 执行 bianji claim evidence {claim} --title 城东供水水质检测记录 --file - | 样例：浑浊度 0.4 NTU，余氯 0.35 mg/L，总大肠菌群未检出。结论：合格。
41m 执行 bianji claim judge {claim} false --finding 三个点位检测合格，发黄由管网冲洗引起
# 自己不能给自己的结论会签
41m 执行 bianji! claim sign {claim}
42m 执行 shenhe claim sign {claim}
45m 执行 shenhe post correct --claim {claim} --to wordpress,site --title 关于城东自来水有关说法的核查通报 --file - | 近日，有消息称“城东自来水有毒”。经核查，该说法不实。\n\n- 县水务局在城东三个点位取样检测，均合格。\n- 部分用户短时水色发黄，由管网冲洗引起。\n- 供水正常，未停水。
# 起草人不能批准；演练里的确认语也不是真实发布的那一句
45m 执行 shenhe! post approve {post} --digest {digest} --confirm '演练 {post}'
46m 执行 qianfa! post approve {post} --digest {digest} --confirm '发布 {post}'
46m 执行 qianfa post approve {post} --digest {digest} --confirm '演练 {post}' --no-wait
46m 期望 已发 2 内 5m
46m 期望 已见 1 site 核查通报 内 5m
50m 论坛 官方出检测结果了，是管道冲洗 | 样例：看到通报了，余氯和浊度都合格。 | 城东老街坊
55m 执行 shuiwu case reply {case} --file - | 您好：经取样检测，城东供水合格；发黄由管网冲洗引起，放水几分钟即可恢复。（样例）
