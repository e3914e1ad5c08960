# 演练 / drill: an ordinary day in the invented county 临江县. Nothing must ring.
title: 平常的一天 (a quiet day)
start: 2026-11-18T08:30:00+08:00
-2h gov 县城冬季公交时刻表 | 样例：自下周一起，一路、三路、八路公交执行冬季时刻表。 | 县政府网
-30m forum 周末去江边骑车有人一起吗 | 样例：打算从老码头骑到白鹭湾，慢骑。 | 骑行的老周
10m forum 图书馆新馆几点开门 | 样例：听说新馆试运行了，需要预约吗？ | 书虫小陈
25m weibo mention 新馆的自习室真不错 | 书虫小陈
25m expect found 1 自习室 within 10m
40m wechat message 请问新馆需要预约吗
40m expect cases 1 within 10m
55m do bianji case assign 1 交通局
60m do jiaotong case reply 1 --file - | 您好：试运行期间不用预约。（样例）
60m expect replied 1 不用预约 within 10m
1h forum 学校门口的斑马线能不能重新画一下 | 样例：实验小学门口的斑马线看不清了，建议有关部门看看。 | 两个娃的妈
70m do bianji case open '实验小学门口斑马线不清' --text '样例：家长反映斑马线磨损。' --type request --unit 交通局
70m expect cases 2 within 1m
2h mail message 关于冬季供暖 | 样例：请问老城区今年几号供暖？ | citizen@example.org
2h expect cases 2 within 10m
130m do bianji case assign 3 交通局
135m do jiaotong case reply 3 --file - | 您好：十一月十五日已开始供暖。（样例）
150m discuz post 老码头的路灯换了新的 | 样例：晚上亮多了。 | 夜跑的人
150m expect found 1 老码头的路灯 within 10m
3h mastodon mention 冬天的江面很安静
3h expect found 1 江面很安静 within 10m
90m do jiaotong case reply {case} --file - | 您好：已安排养护单位本周内重新划线。（样例）
4h forum 城东菜市场新开的豆花店味道不错 | 样例：早上七点就排队了。 | 爱吃豆花
4h expect items 5 within 5m
4h expect balance within 5m
0 expect quiet within 5h
