/* Texts that break writers which forget to escape. Our own list, by kind. */
#ifndef HY_TESTS_NAUGHTY_H
#define HY_TESTS_NAUGHTY_H

static const char *const naughty[] = {
	/* nothing much */
	"", " ", "  \t ", "\n", "\r", "\r\n", "0", "-1", "1e309", "NULL", "null", "undefined", "true",
	/* markup */
	"<", ">", "&", "\"", "'", "<>", "&amp;", "&lt;", "&#60;", "&#x3c;b&#x3e;", "<b>x</b>",
	"</title><b>", "</p></div></body></html>", "<!--", "-->", "<!-- x", "]]>", "<![CDATA[",
	"<?xml version='1.0'?>", "<!DOCTYPE a [<!ENTITY b 'c'>]>&b;",
	/* script by every door */
	"<script>alert(1)</script>", "</script><script>alert(1)</script>", "<ScRiPt >alert(1)</sCrIpT>",
	"<script\n>alert(1)</script\n>", "<scr<script>ipt>alert(1)</scr</script>ipt>",
	"<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)//", "<img/src=x/onerror=alert(1)>",
	"<IMG SRC=\"jav\tascript:alert(1)\">", "<img \"\"\"><script>alert(1)</script>\">",
	"<svg onload=alert(1)>", "<svg><script>alert(1)</script></svg>",
	"<svg><style><img src=x onerror=alert(1)></style></svg>",
	"<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
	"<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
	"<style><img src=\"</style><img src=x onerror=alert(1)//\">",
	"<xmp><img src=x onerror=alert(1)></xmp>", "<plaintext><script>alert(1)</script>",
	"<textarea></textarea><script>alert(1)</script>", "<iframe src=javascript:alert(1)></iframe>",
	"<iframe srcdoc=\"<script>alert(1)</script>\">", "<object data=data:text/html,x></object>",
	"<embed src=//evil.example/x.swf>", "<base href=//evil.example/>",
	"<meta http-equiv=refresh content=0;url=javascript:alert(1)>",
	"<link rel=stylesheet href=//evil.example/x.css>", "<form action=//evil.example><input name=a>",
	"<button formaction=javascript:alert(1)>x</button>", "<body onload=alert(1)>",
	"<details open ontoggle=alert(1)>x</details>", "<div style=\"background:url(javascript:alert(1))\">",
	"<a href=\"javascript:alert(1)\">x</a>", "<a href=\"JaVaScRiPt:alert(1)\">x</a>",
	"<a href=\" javascript:alert(1)\">x</a>", "<a href=\"java\nscript:alert(1)\">x</a>",
	"<a href=\"&#106;avascript:alert(1)\">x</a>", "<a href=\"javascript&colon;alert(1)\">x</a>",
	"<a href=\"\x01javascript:alert(1)\">x</a>", "<a href=\"data:text/html,<script>\">x</a>",
	"<a href=\"vbscript:msgbox(1)\">x</a>", "<a href=\"//evil.example\">x</a>",
	"<a href=\"\\\\evil.example\">x</a>", "<a href=\"http:evil\">x</a>", "<a href='x' href='javascript:1'>",
	"<a href=x onclick=alert(1) onmouseover='alert(1)'>x</a>", "<p id=x class=y name=z>x</p>",
	"\" onmouseover=\"alert(1)", "' onmouseover='alert(1)", "\"><script>alert(1)</script>",
	"'><script>alert(1)</script>", "` onerror=`alert(1)", "javascript:alert(1)", "x\" style=\"x:y",
	"{{7*7}}", "${7*7}", "<%= 7*7 %>", "#{7*7}", "__proto__", "constructor",
	/* formulas */
	"=1+1", "=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1",
	"\xEF\xBC\x9D"
	"1+1",
	"\xEF\xBC\x8B"
	"1",
	"\xEF\xBC\x8D"
	"1",
	"\xEF\xBC\xA0SUM(1)", "\xE3\x80\x80=1+1", "\xEF\xBB\xBF=1+1", "\xE2\x80\x8B=1+1", "\"=1+1",
	"=HYPERLINK(\"http://evil.example\",\"x\")", "a,b", "a\"b", "a\"\"b", "a\nb", "a\r\nb", "\"", ";",
	/* terminals and reading direction */
	"\x1B[31mred\x1B[0m", "\x1B]52;c;ZXZpbA==\x07", "\xC2\x9B"
						       "31m",
	"\x07", "\x08\x08", "a\rb", "\x7F", "\x0C", "\x0B", "\xE2\x80\xAE"
							      "gpj.exe",
	"\xE2\x81\xA6x\xE2\x81\xA9", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xEF\xBF\xBE", "\xEF\xBF\xBF",
	/* writings */
	"\xE6\x96\x87\xE5\xAD\x97", "\xF0\xA0\xAE\xB7", "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB",
	"Z\xCC\x88\xCC\xA3\xCC\x80\xCC\x81", "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D",
	"\xEF\xB7\xBA", "\xE2\x80\x8B", "\xEF\xBB\xBF", "%s%n%x", "%00", "../../etc/passwd", "\\", "\\\"",
	"'; DROP TABLE item; --", "$(id)", "`id`", "| id", "http://a.example/?q=<>&\"'",
};

#endif
