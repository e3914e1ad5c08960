/* Charts as SVG: drawn in units of their own and stretched by the page, so that they need no script
 * and no size; colours come from the page's classes. */
#include "render/render.h"

#include "base/base.h"

#define CHART_W 960
#define CHART_H 142
#define CHART_BASE 140

static void put_bar(struct hy_buf *b, const struct hy_svg_bar *bar, int64_t places, int64_t most)
{
	int x = (int)(bar->at * CHART_W / places);
	int width = (int)((bar->at + 1) * CHART_W / places) - x;
	int height = (int)(bar->count * (CHART_BASE - 12) / most);

	if (bar->count && height < 2)
		height = 2;
	width -= width > 6 ? 2 : width > 2 ? 1 : 0;
	if (bar->href) {
		hy_html_raw(b, "<a");
		(void)hy_html_url(b, "href", bar->href); /* unsafe: no link */
		hy_html_raw(b, ">");
	}
	hy_buf_fmt(
		b,
		"<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"1\"><title>",
		bar->count == most && most > 1 ? "bar top" : "bar", x, CHART_BASE - height,
		width < 1 ? 1 : width, height);
	hy_html_text(b, bar->title);
	hy_buf_fmt(b, ": %" PRId64 "</title></rect>", bar->count);
	if (bar->href)
		hy_html_raw(b, "</a>");
}

void hy_svg_bars(struct hy_buf *b, const struct hy_svg_bars *chart)
{
	int64_t most = 1;

	for (size_t i = 0; i < chart->n; i++)
		if (chart->bars[i].count > most)
			most = chart->bars[i].count;
	hy_buf_fmt(b, "<svg viewBox=\"0 0 %d %d\" role=\"img\"", CHART_W, CHART_H);
	hy_html_attr(b, "aria-label", chart->label);
	hy_buf_fmt(
		b,
		" preserveAspectRatio=\"none\"><line class=\"axis\" x1=\"0\" y1=\"%d\" x2=\"%d\" "
		"y2=\"%d\"/>",
		CHART_BASE, CHART_W, CHART_BASE);
	for (size_t i = 0; i < chart->n; i++)
		if (chart->bars[i].at >= 0 && chart->bars[i].at < chart->places)
			put_bar(b, &chart->bars[i], chart->places, most);
	hy_html_raw(b, "</svg>");
}
