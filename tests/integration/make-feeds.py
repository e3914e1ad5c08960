#!/usr/bin/python3
"""Writes testdata/feeds: one small feed for each rule of reading feeds, all text invented.

usage: make-feeds.py DIR; also DIR/manifest.tsv: file, Content-Type ("-" none), base URL ("-" none).
"""
import os
import sys

OUT = sys.argv[1]
rows = []
ATOM = 'http://www.w3.org/2005/Atom'
NS = ('xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
      'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
      'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
      'xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="%s"' % ATOM)


def put(name, data, ctype='-', base='-'):
    if isinstance(data, str):
        data = data.encode('utf-8')
    with open(os.path.join(OUT, name), 'wb') as f:
        f.write(data)
    rows.append((name, ctype, base))


def rss(name, channel='', item='', head='', attrs='version="2.0"', **kw):
    put('rss-' + name + '.xml', '<rss %s %s>%s<channel>%s%s</channel></rss>' % (
        attrs, NS, head, channel, '<item>%s</item>' % item if item else ''), **kw)


def atom(name, feed='', entry='', attrs='', ns=ATOM, **kw):
    put('atom-' + name + '.xml', '<feed xmlns="%s" %s>%s%s</feed>' % (
        ns, attrs, feed, '<entry>%s</entry>' % entry if entry else ''), **kw)


def rdf(name, channel='', item='', ns='http://purl.org/rss/1.0/', **kw):
    put('rdf-' + name + '.xml',
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="%s" %s>'
        '<channel rdf:about="http://linjiang.example/">%s</channel>%s</rdf:RDF>' %
        (ns, NS, channel, item), **kw)


# versions
for v in ('0.90', '0.91', '0.92', '0.93', '0.94', '2.0', '2.00', '2.1', '2', ''):
    rss('version-' + (v or 'none'), '<title>临江县</title>', attrs='version="%s"' % v if v else '')
rdf('version-10', '<title>临江县</title>')
rdf('version-090', '<title>临江县</title>', ns='http://my.netscape.com/rdf/simple/0.9/')
atom('version-10', '<title>临江县</title>')
for v in ('0.1', '0.2', '0.3'):
    atom('version-' + v, '<title>临江县</title>', attrs='version="%s"' % v, ns='http://purl.org/atom/ns#')
put('rss-version-091n.xml', '<?xml version="1.0"?>\n<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">\n<rss version="0.91"><channel><title>临江</title></channel></rss>')
rss('ns-userland', '<title>x</title>', attrs='version="2.0" xmlns="http://backend.userland.com/rss2"')
rss('ns-harvard', '<title>x</title>', attrs='version="2.0" xmlns="http://blogs.law.harvard.edu/tech/rss"')
rss('ns-unknown-default', '<title>x</title>', '<title>y</title>', attrs='version="2.0" xmlns="http://unknown.example/"')
put('rss-prefixed.xml', '<rss version="2.0"><channel><r:title xmlns:r="http://backend.userland.com/rss">x</r:title></channel></rss>')
put('atom-prefixed.xml', '<a:feed xmlns:a="%s"><a:title>临江</a:title><a:entry><a:id>urn:x:1</a:id><a:title>一</a:title></a:entry></a:feed>' % ATOM)
put('atom-entry-root.xml', '<entry xmlns="%s"><id>urn:x:1</id><title>单条</title></entry>' % ATOM)
put('soap.xml', '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><rss version="2.0"><channel><title>内</title></channel></rss></s:Body></s:Envelope>')

# rss channel and item
rss('channel-basics', '<title>临江县政府</title><link>http://linjiang.example/</link><description>通知与公告</description><language>zh-cn</language><copyright>临江</copyright><pubDate>Thu, 19 Nov 2026 08:00:00 GMT</pubDate><lastBuildDate>Fri, 20 Nov 2026 08:00:00 GMT</lastBuildDate><ttl>60</ttl><generator>g</generator>', '<title>一</title>')
rss('channel-pubdate-only', '<title>x</title><pubDate>Thu, 19 Nov 2026 08:00:00 GMT</pubDate>')
rss('channel-image', '<title>x</title><link>http://l.example/</link><image><title>图</title><url>http://l.example/i.png</url><link>http://l.example/other</link><width>80</width></image><description>后</description>')
rss('channel-textinput', '<textInput><title>查</title><description>词</description><name>q</name><link>http://l.example/s</link></textInput><title>x</title><description>后</description>')
rss('channel-title-after-items', '', '<title>条</title>')
put('rss-title-order.xml', '<rss version="2.0"><channel><item><title>条</title></item><title>频道</title><link>http://l.example/</link></channel></rss>')
rss('title-first-wins', '<title>一</title><title>二</title>', '<title>甲</title><title>乙</title>')
rss('title-empty-then', '<title></title><title>二</title>', '<title/><title>乙</title>')
rss('dc-title', '<dc:title>一</dc:title><title>二</title>', '<title>甲</title><dc:title>乙</dc:title>')
rss('media-title', '<title>x</title>', '<media:title>先</media:title><title>后</title>')
rss('media-title-after', '<title>x</title>', '<title>先</title><media:title>后</media:title>')
rss('media-group', '<title>x</title>', '<title>a</title><media:group><media:content url="http://l.example/v.mp4" type="video/mp4" fileSize="12"/><media:title>深</media:title><media:description>图说</media:description></media:group>')
rss('link-last-wins', '<link>http://a.example/</link><link>http://b.example/</link>', '<link>http://a.example/1</link><link>http://b.example/2</link>')
rss('link-atom-self', '<link>http://a.example/</link><atom:link rel="self" href="http://a.example/feed"/><title>x</title>', '<title>a</title><atom:link rel="alternate" href="http://a.example/1"/>')
rss('link-ampersand', '<title>x</title>', '<link>http://a.example/?a=1&amp;b=2&amp;copy=3</link>')
rss('link-cdata', '<title>x</title>', '<link><![CDATA[http://a.example/?a=1&b=2]]></link>')
rss('link-blanks', '<title>x</title>', '<link>\n  http://a.example/1 \n</link>')
rss('link-relative', '<title>x</title>', '<link>/1.html</link>', base='http://linjiang.example/feeds/x.xml')
rss('link-relative-up', '<title>x</title>', '<link>../1.html?q#f</link>', base='http://linjiang.example/feeds/a/x.xml')
rss('link-relative-none', '<title>x</title>', '<link>/1.html</link>')
rss('guid-permalink', '<title>x</title>', '<guid>http://a.example/1</guid>')
rss('guid-permalink-true', '<title>x</title>', '<guid isPermaLink="true">http://a.example/1</guid><link>http://a.example/2</link>')
rss('guid-opaque', '<title>x</title>', '<guid isPermaLink="false">abc-1</guid>')
rss('guid-opaque-link', '<title>x</title>', '<guid isPermaLink="false">abc-1</guid><link>http://a.example/2</link>')
rss('guid-relative', '<title>x</title>', '<guid>g/1</guid>', base='http://a.example/f/')
rss('guid-case', '<title>x</title>', '<guid ispermalink="false">ABC</guid>')
rss('description-html', '<title>x</title>', '<description>&lt;p&gt;路灯&lt;b&gt;不亮&lt;/b&gt;&lt;/p&gt;</description>')
rss('description-cdata', '<title>x</title>', '<description><![CDATA[<p>路灯<b>不亮</b></p>]]></description>')
rss('description-split-cdata', '<title>x</title>', '<description><![CDATA[a ]]]]><![CDATA[> b]]></description>')
rss('description-mixed', '<title>x</title>', '<description>前<![CDATA[<i>中</i>]]>后</description>')
rss('description-inline', '<title>x</title>', '<description>前<b>中</b>后</description>')
rss('description-inline-div', '<title>x</title>', '<description><div>中</div></description>')
rss('description-text', '<title>x</title><description>频道 &amp;amp; 说明</description>', '<description>a &amp; b</description>')
rss('description-then-encoded', '<title>x</title>', '<description>摘要</description><content:encoded>&lt;p&gt;全文&lt;/p&gt;</content:encoded>')
rss('encoded-then-description', '<title>x</title>', '<content:encoded>&lt;p&gt;全文&lt;/p&gt;</content:encoded><description>摘要</description>')
rss('encoded-only', '<title>x</title>', '<content:encoded>&lt;p&gt;全文&lt;/p&gt;</content:encoded>')
rss('two-descriptions', '<title>x</title>', '<description>一</description><description>二</description>')
rss('fullitem', '<title>x</title>', '<fullitem>&lt;p&gt;全&lt;/p&gt;</fullitem>')
rss('xhtml-body', '<title>x</title>', '<body xmlns="http://www.w3.org/1999/xhtml"><p>身</p></body>')
rss('dc-description', '<title>x</title>', '<dc:description>说</dc:description>')
rss('dc-channel', '<dc:title>题</dc:title><dc:description>说</dc:description><dc:language>zh</dc:language><dc:rights>权</dc:rights><dc:date>2026-11-20T08:00:00Z</dc:date>', '<dc:date>2026-11-21T08:00:00Z</dc:date>')
rss('dcterms', '<title>x</title>', '<dcterms:issued>2026-11-20T08:00:00Z</dcterms:issued><dcterms:modified>2026-11-21T08:00:00Z</dcterms:modified><dcterms:created>2026-11-01T08:00:00Z</dcterms:created>')
rss('itunes', '<title>x</title><itunes:subtitle>副</itunes:subtitle>', '<title>a</title><itunes:summary>概</itunes:summary><itunes:subtitle>小</itunes:subtitle>')
rss('itunes-after-description', '<title>x</title><description>d</description><itunes:summary>s</itunes:summary>', '<description>d</description><itunes:summary>s</itunes:summary>')
rss('enclosure', '<title>x</title>', '<enclosure url="http://a.example/1.mp3" length="123" type="audio/mpeg"/><enclosure url="http://a.example/2.mp3" length="" type="audio/mpeg"/>')
rss('comments', '<title>x</title>', '<comments>http://a.example/1#c</comments>')
rss('source', '<title>x</title>', '<title>本</title><source url="http://b.example/">它</source>')
rss('author', '<title>x</title><managingEditor>a@l.example (李)</managingEditor>', '<title>a</title><author>b@l.example (王)</author><dc:creator>赵</dc:creator>')
rss('category', '<title>x</title><category>市政</category>', '<title>a</title><category domain="d">灯</category>')
rss('title-html', '<title>&lt;b&gt;临&lt;/b&gt;江</title>', '<title>&lt;i&gt;a&lt;/i&gt; &amp;amp; b</title>')
rss('title-plain-lt', '<title>a &lt; b</title>', '<title>1 &lt; 2 &amp; 3</title>')
rss('title-cdata', '<title><![CDATA[临江 & <b>x</b>]]></title>', '<title><![CDATA[a]]></title>')
rss('title-entities', '<title>a&amp;mdash;b</title>', '<title>&#x4E34;&#27743;</title>')
rss('unknown-elements', '<title>x</title><foo>y</foo><x:y xmlns:x="urn:x">z</x:y>', '<title>a</title><foo><title>深</title></foo><bar a="b">c</bar>')
rss('case', '<TITLE>大</TITLE>', '<Title>写</Title><PubDate>Thu, 19 Nov 2026 08:00:00 GMT</PubDate>')
rss('depth', '<title>x</title>', '<g><description>深</description></g><description>浅</description>')
rss('depth2', '<title>x</title>', '<description>浅</description><media:group><media:description>深</media:description></media:group>')
rss('tombstone', '<title>x</title><at:deleted-entry xmlns:at="http://purl.org/atompub/tombstones/1.0" ref="urn:x:1" when="2026-11-20T00:00:00Z"/>', '<title>a</title>')

# rdf
rdf('item', '<title>临江</title><link>http://l.example/</link><description>说</description>', '<item rdf:about="http://l.example/1"><title>一</title><link>http://l.example/1</link><description>文</description><dc:date>2026-11-20T08:00:00+08:00</dc:date></item>')
rdf('item-content', '<title>x</title>', '<item rdf:about="http://l.example/1"><title>一</title><content:encoded><![CDATA[<p>全</p>]]></content:encoded></item>')
rdf('image', '<title>x</title>', '<image rdf:about="i"><title>图</title><link>http://no.example/</link></image><item rdf:about="http://l.example/1"><title>一</title></item>')

# atom text constructs
for el in ('title', 'subtitle', 'rights'):
    for typ, body in (('text', 'a &lt;b&gt; c'), ('html', '&lt;b&gt;粗&lt;/b&gt; &amp;amp; x'),
                      ('xhtml', '<div xmlns="http://www.w3.org/1999/xhtml"><b>粗</b> &amp; x</div>'), ('', '素')):
        t = ' type="%s"' % typ if typ else ''
        atom('feed-%s-%s' % (el, typ or 'none'), '<%s%s>%s</%s>' % (el, t, body, el) + ('' if el == 'title' else '<title>x</title>'))
for el in ('title', 'summary', 'content'):
    for typ, body in (('text', 'a &lt;b&gt; c'), ('html', '&lt;b&gt;粗&lt;/b&gt; &amp;amp; x'),
                      ('xhtml', '<div xmlns="http://www.w3.org/1999/xhtml"><b>粗</b> &amp; <br/>x</div>'),
                      ('text/html', '&lt;p&gt;x&lt;/p&gt;'), ('text/plain', 'x &lt;y'),
                      ('application/xhtml+xml', '<div xmlns="http://www.w3.org/1999/xhtml">d</div>'), ('', '素')):
        t = ' type="%s"' % typ if typ else ''
        atom('entry-%s-%s' % (el, typ.replace('/', '_') or 'none'), '<title>x</title>', '<%s%s>%s</%s>' % (el, t, body, el))
atom('xhtml-two-divs', '<title>x</title>', '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">a</div><div xmlns="http://www.w3.org/1999/xhtml">b</div></content>')
atom('xhtml-prefixed', '<title>x</title>', '<content type="xhtml"><h:div xmlns:h="http://www.w3.org/1999/xhtml"><h:p>a</h:p></h:div></content>')
atom('content-base64', '<title>x</title>', '<content type="application/octet-stream">5Li05rGf</content>')
atom('content-src', '<title>x</title>', '<content src="http://a.example/1.html" type="text/html"/><summary>概</summary>')
atom('summary-and-content', '<title>x</title>', '<summary>概</summary><content type="html">&lt;p&gt;全&lt;/p&gt;</content>')
atom('content-then-summary', '<title>x</title>', '<content type="html">&lt;p&gt;全&lt;/p&gt;</content><summary>概</summary>')
atom('links', '<title>x</title><link href="http://l.example/"/><link rel="self" href="http://l.example/f"/><link rel="next" href="http://l.example/f?2"/><link rel="hub" href="http://h.example/"/>', '<link rel="enclosure" href="http://l.example/a.mp3" type="audio/mpeg" length="9"/><link rel="alternate" type="text/html" href="http://l.example/1"/><link rel="related" href="http://l.example/r"/>')
atom('link-alternate-types', '<title>x</title><link rel="alternate" type="application/pdf" href="http://l.example/p"/>', '<link rel="alternate" type="application/json" href="http://l.example/j"/>')
atom('link-last', '<title>x</title>', '<link href="http://l.example/1"/><link href="http://l.example/2"/>')
atom('id-only', '<title>x</title><id>http://l.example/id</id>', '<id>http://l.example/1</id>')
atom('id-tag', '<title>x</title>', '<id>tag:l.example,2026:1</id><link href="http://l.example/1"/>')
atom('dates', '<title>x</title><updated>2026-11-20T08:00:00Z</updated>', '<published>2026-11-19T08:00:00+08:00</published><updated>2026-11-20T08:00:00.5Z</updated>')
atom('source', '<title>x</title>', '<source><title>它</title><id>urn:y</id><updated>2020-01-01T00:00:00Z</updated></source><title>本</title><id>urn:x</id>')
atom('author', '<title>x</title><author><name>甲</name></author>', '<author><name>乙</name><uri>http://l.example/u/1</uri><email>a@l.example</email></author><title>a</title><contributor><name>丙</name></contributor>')
atom('base-feed', '<title>x</title><link href="a/"/>', '<link href="1.html"/><id>urn:1</id><content type="html">&lt;a href="2.html"&gt;x&lt;/a&gt;&lt;img src="/3.png"&gt;</content>', attrs='xml:base="http://l.example/b/"')
atom('base-entry', '<title>x</title>', '<link xml:base="http://l.example/c/" href="1.html"/><content type="xhtml" xml:base="http://m.example/d/"><div xmlns="http://www.w3.org/1999/xhtml"><a href="2.html">x</a></div></content>')
atom('base-nested', '<title>x</title>', '<content xml:base="sub/" type="html">&lt;a href="2.html"&gt;x&lt;/a&gt;</content>', attrs='xml:base="http://l.example/b/"')
atom('base-bad-scheme', '<title>x</title>', '<link href="1.html"/>', attrs='xml:base="javascript:x"', base='http://l.example/z/')
atom('base-fetch', '<title>x</title>', '<link href="1.html"/><content type="html">&lt;a href="?q=1"&gt;x&lt;/a&gt;</content>', base='http://l.example/z/f.xml')
atom('base-title', '<title type="html" xml:base="http://l.example/t/">&lt;a href="x"&gt;y&lt;/a&gt;</title>', '<title>a</title>')
atom('lang', '<title>x</title>', '<title>a</title>', attrs='xml:lang="zh_CN"')
atom('lang-entry', '<title xml:lang="en">x</title>', '<title>a</title>', attrs='xml:lang="zh-CN"')
rss('lang-root', '<title>x</title>', attrs='version="2.0" xml:lang="zh-TW"')
rss('lang-over', '<title>x</title><language>zh-cn</language>', attrs='version="2.0" xml:lang="en"')
A3 = 'http://purl.org/atom/ns#'
atom('03-basics', '<title>临江</title><tagline>副</tagline><modified>2026-11-20T08:00:00Z</modified><link rel="alternate" type="text/html" href="http://l.example/"/><copyright>权</copyright><info>讯</info>', '<title>一</title><issued>2026-11-19T08:00:00Z</issued><modified>2026-11-20T08:00:00Z</modified><created>2026-11-18T08:00:00Z</created><id>urn:1</id>', attrs='version="0.3"', ns=A3)
atom('03-escaped', '<title type="text/html" mode="escaped">&lt;b&gt;x&lt;/b&gt;</title>', '<content type="text/html" mode="escaped">&lt;p&gt;x&lt;/p&gt;</content>', attrs='version="0.3"', ns=A3)
atom('03-inline', '<title>x</title>', '<content type="application/xhtml+xml"><div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div></content>', attrs='version="0.3"', ns=A3)
atom('03-base64', '<title mode="base64" type="text/html">PGI+5Li05rGfPC9iPg==</title>', '<summary mode="base64">5Li05rGf</summary><content type="application/octet-stream" mode="base64">PHA+eDwvcD4=</content>', attrs='version="0.3"', ns=A3)
atom('03-naked-markup', '<title>Example <b>x</b></title>', '<summary>a <i>b</i></summary>', attrs='version="0.3"', ns=A3)

# sanitising
for i, h in enumerate((
        '<script>alert(1)</script>ok', '<a href="javascript:alert(1)">x</a>', '<img src="http://a.example/i.png" onerror="x()">',
        '<p style="color:red">x</p>', '<iframe src="http://a.example/"></iframe>y', '<a href="http://a.example/" onclick="x">z</a>',
        '<b>unclosed', '</b>stray', '<p>a<p>b', '<!-- c -->d', '<div><div>n</div></div>', '<table><tr><td>1</td></tr></table>',
        '<ul><li>1</li><li>2</li></ul>', '<br>a<br/>b', '<object data="x"></object>o', '<form action="x"><input></form>f', '<style>p{}</style>s',
        '<a href="mailto:a@b.example">m</a>', '&lt;b&gt;', 'x &nbsp; y &copy; z', '<img src="data:image/png;base64,AA==">', '<svg onload="x"><circle/></svg>v',
        '<h1>t</h1><blockquote cite="http://a.example/">q</blockquote>', '<A HREF="http://a.example/">u</A>', '<font color="red">f</font>',
        '<embed src="x">e', '<base href="http://e.example/">b', '<meta http-equiv="refresh" content="0">m', '<link rel="stylesheet" href="x">l', '<p id="i" class="c">p</p>')):
    put('sanitise-%02d.xml' % i, '<rss version="2.0"><channel><title>x</title><item><description><![CDATA[%s]]></description></item></channel></rss>' % h)

# dates
DATES = ['Thu, 19 Nov 2026 08:01:02 GMT', 'Thu, 19 Nov 2026 08:01:02 +0800', 'Thu, 19 Nov 2026 08:01:02 -0530', 'Thu, 19 Nov 2026 08:01 GMT',
         '19 Nov 2026 08:01:02 GMT', 'Thu, 19 Nov 26 08:01:02 GMT', 'Thu, 19 Nov 49 08:01:02 GMT', 'Mon, 19 Nov 2026 08:01:02 GMT', 'Thu 19 Nov 2026 08:01:02 GMT',
         'Thu, 5 Nov 2026 08:01:02 GMT', 'Thursday, 19 November 2026 08:01:02 GMT', 'Thu, 19 Nov 2026', '19 Nov 2026', 'Thu, Nov 19 2026 08:01:02 GMT', 'Nov 19, 2026 08:01:02 GMT',
         'Thu, 19 Nov 2026 08:01:02 Etc/GMT', 'Thu, 19 Nov 2026 08:01:02 GMT+08:00', 'Thu, 19 Nov 2026 08:01:02 GMT-5', 'thu, 19 nov 2026 08:01:02 gmt', 'Thu, 19 Nov 2026 8:01:02 GMT', 'Thu,  19  Nov 2026  08:01:02  GMT', 'Thu, 19 Nov 2026 08:01:02',
         'Thu Nov 19 08:01:02 2026', 'Thu Nov 19 08:01:02 +0800 2026', 'Fri, 2026/11/20 08:19:53 EST', '2026-11-19T08:01:02Z', '2026-11-19T08:01:02+08:00', '2026-11-19T08:01:02-08:00', '2026-11-19T08:01Z', '2026-11-19T08:01:02.123Z', '2026-11-19T08:01:02z', '2026-11-19t08:01:02Z', '2026-11-19 08:01:02', '2026-11-19 08:01:02.0', '2026-11-19 08:01:02Z', '2026-11-19 08:01:02 +08:00', '2026-11-19 08:01:02 EST', '2026-11-19', '2026-11', '2026', '2026-1-5', '20261119', '2026-323', '2026323', '26-11-19', '261119', '26323', '-2611', '-26-11', '20', '2026-11-19T08:01:02+0800', '2026-11-19T08:01:02', '2026-11-19T08:01', '20261119T08:01:02Z',
         '2026년 11월 19일  08:01:02', '2026-11-19 오후 01:02:03', '2026-11-19 오전 01:02:03', 'Πεμ, 19 Νοέ 2026 08:01:02 EST', '2026-július-13T9:15-05:00', '', 'gestern', '2026-13-01', '32 Nov 2026 00:00:00 GMT', '2026-02-30T00:00:00Z', 'Thu, 19 Nov 2026 25:00:00 GMT', '1970-01-01T00:00:00Z', '1969-12-31T23:59:59Z', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '2026-11-19T24:00:00Z', '2000-02-29T00:00:00Z', '2100-02-29T00:00:00Z']
ZONES = 'UT GMT UTC EST EDT CST CDT MST MDT PST PDT AST ADT Z A M N Y MET MEST XYZ'.split()
DATES += ['Thu, 19 Nov 2026 08:01:02 ' + z for z in ZONES]
for i, d in enumerate(DATES):
    put('date-%03d.xml' % i, '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>x</title><item><pubDate>%s</pubDate><dc:date>%s</dc:date></item></channel></rss>' % (d, d))

# charsets and media types
TEXT = '<?xml version="1.0"%s?>\n<rss version="2.0"><channel><title>临江县路灯维修通知</title><item><title>县城东街路灯不亮已经一个星期</title><description>请有关部门尽快处理，谢谢。</description></item></channel></rss>'
for enc in ('gb2312', 'gbk', 'gb18030', 'big5', 'utf-8', 'utf-16', 'shift_jis', 'euc-kr', 'windows-1252', 'iso-8859-1', 'koi8-r', 'windows-1251', 'iso-8859-2'):
    t = TEXT
    if enc == 'big5':
        t = '<?xml version="1.0"%s?>\n<rss version="2.0"><channel><title>臨江縣路燈維修通知</title><item><title>請有關部門儘快處理</title></item></channel></rss>'
    if enc == 'shift_jis':
        t = '<?xml version="1.0"%s?>\n<rss version="2.0"><channel><title>お知らせ</title></channel></rss>'
    if enc == 'euc-kr':
        t = '<?xml version="1.0"%s?>\n<rss version="2.0"><channel><title>안내</title></channel></rss>'
    if enc in ('windows-1252', 'iso-8859-1'):
        t = '<?xml version="1.0"%s?>\n<rss version="2.0"><channel><title>caf\u00e9 r\u00e9sum\u00e9 \u00fcber</title></channel></rss>'
    if enc == 'iso-8859-2':
        t = '<?xml version="1.0"%s?>\n<rss version="2.0"><channel><title>\u0161koda \u017eena</title></channel></rss>'
    if enc in ('koi8-r', 'windows-1251'):
        t = '<?xml version="1.0"%s?>\n<rss version="2.0"><channel><title>\u0443\u043b\u0438\u0446\u0430</title></channel></rss>'
    full = (t % ' encoding="%s"' % enc).encode(enc)
    bare = (t % '').encode(enc)
    put('charset-declared-%s.xml' % enc, full)
    put('charset-http-%s.xml' % enc, bare, ctype='application/xml; charset=%s' % enc)
    put('charset-texthttp-%s.xml' % enc, bare, ctype='text/xml; charset="%s"' % enc)
    if enc in ('gb2312', 'big5', 'utf-8', 'windows-1252'):
        put('charset-none-%s.xml' % enc, bare)
        put('charset-wrong-%s.xml' % enc, (t % ' encoding="utf-8"').encode(enc))
        put('charset-textxml-%s.xml' % enc, full, ctype='text/xml')
        put('charset-textplain-%s.xml' % enc, full, ctype='text/plain')
        put('charset-texthtml-%s.xml' % enc, full, ctype='text/html; charset=%s' % enc)
put('charset-gb2312-zhu.xml', (TEXT % ' encoding="gb2312"').replace('县路', '朱镕').encode('gbk'))
put('charset-bom-utf8.xml', b'\xef\xbb\xbf' + (TEXT % ' encoding="utf-8"').encode())
put('charset-bom-utf8-bare.xml', b'\xef\xbb\xbf' + (TEXT % '').encode())
for w in ('utf-16-le', 'utf-16-be'):
    put('charset-%s-nobom.xml' % w, (TEXT % ' encoding="utf-16"').encode(w))
put('charset-http-over-declared.xml', (TEXT % ' encoding="iso-8859-1"').encode('utf-8'), ctype='application/rss+xml; charset=utf-8')
put('charset-unknown.xml', (TEXT % ' encoding="x-nobody"').encode('utf-8'))
put('charset-bad-byte.xml', (TEXT % ' encoding="utf-8"').encode('utf-8').replace('灯'.encode(), b'\xe7\x81', 1))
for ct in ('application/xml', 'application/rss+xml', 'application/atom+xml', 'text/xml', 'text/plain', 'text/html', 'application/octet-stream', 'application/x-foo', 'text/foo+xml', 'application/xml-dtd', 'image/svg+xml', 'application/rdf+xml; charset=us-ascii'):
    put('type-%s.xml' % ct.replace('/', '_').replace(';', '').replace(' ', '_'), '<rss version="2.0"><channel><title>plain ascii</title></channel></rss>', ctype=ct)
put('double-utf8.xml', '<rss version="2.0"><channel><title>%s</title></channel></rss>' % 'caf\u00e9'.encode('utf-8').decode('latin-1'))
put('cp1252-refs.xml', '<rss version="2.0"><channel><title>&#147;q&#148; &#8217; &#150;</title></channel></rss>')

# ill-formed
ILL = {
    'amp': '<rss version="2.0"><channel><title>a & b</title><item><title>AT&T c</title><link>http://a.example/?x=1&y=2</link></item></channel></rss>',
    'unclosed-item': '<rss version="2.0"><channel><title>x</title><item><title>a</title></channel></rss>',
    'mismatch': '<rss version="2.0"><channel><title>x</title><item><description>a<b>c</description><title>t</title></item><item><title>u</title></item></channel></rss>',
    'cut': '<rss version="2.0"><channel><title>x</title><item><title>a</title></item><item><title>cu',
    'cut2': '<rss version="2.0"><channel><title>x</title><item><title>a</title></item><item><title>cut</title><link>http://a.exam',
    'nbsp': '<rss version="2.0"><channel><title>a&nbsp;b</title><item><title>c&eacute;d</title></item></channel></rss>',
    'undeclared-prefix': '<rss version="2.0"><channel><title>x</title><item><dc:date>2026-11-19T08:00:00Z</dc:date><title>t</title></item></channel></rss>',
    'unquoted-attr': '<rss version=2.0><channel><title>x</title><item><guid isPermaLink=false>g</guid></item></channel></rss>',
    'junk-before': '\n\n  <?xml version="1.0"?><rss version="2.0"><channel><title>x</title></channel></rss>',
    'text-before': 'hello <rss version="2.0"><channel><title>x</title></channel></rss>',
    'blank-before': '  \n<rss version="2.0"><channel><title>x</title></channel></rss>',
    'after': '<rss version="2.0"><channel><title>x</title></channel></rss> trailing',
    'control': '<rss version="2.0"><channel><title>a\x08b</title></channel></rss>',
    'lt': '<rss version="2.0"><channel><title>1 < 2</title><item><title>y</title></item></channel></rss>',
    'cdata-open': '<rss version="2.0"><channel><title>x</title><item><description><![CDATA[abc</description></item></channel></rss>',
    'entity-plain': '<?xml version="1.0"?>\n<!DOCTYPE rss [\n<!ENTITY lj "Linjiang">\n]>\n<rss version="2.0"><channel><title>&lj; x</title><item><guid isPermaLink="false">&lj;1</guid></item></channel></rss>',
    'entity-bomb': '<?xml version="1.0"?>\n<!DOCTYPE rss [\n<!ENTITY a "ha">\n<!ENTITY b "&a;&a;">\n<!ENTITY c "&b;&b;">\n]>\n<rss version="2.0"><channel><title>x &c;</title></channel></rss>',
    'atom-amp': '<feed xmlns="%s"><title>a & b</title><entry><title>x</title><content type="html">&lt;b&gt;c&lt;/b&gt; & d</content></entry></feed>' % ATOM,
    'atom-mismatch': '<feed xmlns="%s"><title>a</title><entry><id>1</id><title>x</titel><summary>s</summary></entry><entry><id>2</id></entry></feed>' % ATOM,
}
for k, v in ILL.items():
    put('ill-%s.xml' % k, v)

# JSON (read by feedparser 6.1 and later only; our own tests hold these)
put('json-11.json', '{"version":"https://jsonfeed.org/version/1.1","title":"临江","home_page_url":"http://l.example/","feed_url":"http://l.example/f.json","description":"说","language":"zh","items":[{"id":7,"url":"/1","title":"一","content_html":"<p>x<script>y</script></p>","summary":"概","date_published":"2026-11-19T08:00:00+08:00","date_modified":"2026-11-20T08:00:00Z","authors":[{"name":"甲"}],"attachments":[{"url":"a.mp3","mime_type":"audio/mpeg","size_in_bytes":5}]},{"id":"b","content_text":"素 <b>"}]}')
put('json-1.json', '\ufeff{"version":"https://jsonfeed.org/version/1","title":"临江","items":[{"id":"a","author":{"name":"x"},"content_text":"t"}]}', ctype='application/json')
put('json-cut.json', '{"version":"https://jsonfeed.org/version/1.1","title":"x","items":[{"id":"a"},{"id":"b"')
put('html-page.html', '<!DOCTYPE html><html><head><title>x</title><link rel="alternate" type="application/rss+xml" href="/rss.xml"></head><body><p>x</body></html>', base='http://l.example/a/')

with open(os.path.join(OUT, 'manifest.tsv'), 'w', encoding='utf-8') as f:
    for row in rows:
        f.write('\t'.join(row) + '\n')
print('%d feeds' % len(rows))
