# Turns calendar/cn.csv into a C table: dates, kinds, names and sources, sorted by date; any fault in the file stops the build.
BEGIN {
	FS = ","
	print "/* Made from calendar/cn.csv by calendar/gen-days.awk. */"
	print "#include \"calendar/internal.h\"\n"
	print "const struct hy_cal_row hy_cal_cn[] = {"
}
function fault(what) {
	print FILENAME ":" FNR ": " what > "/dev/stderr"
	bad = 1
	exit 1
}
/^# version=/ {
	split($0, word, /[ =]/)
	version = word[3]
	split(word[5], year, "-")
}
/^#/ || /^date,/ { next }
{
	if (NF != 4 || $1 !~ /^20[0-9][0-9]-[01][0-9]-[0-3][0-9]$/ || ($2 != "off" && $2 != "work"))
		fault("want date,off|work,name,source")
	if ($1 <= last)
		fault("dates must rise")
	if ($3 ~ /["\\]/ || $4 ~ /["\\]/)
		fault("quote or backslash")
	last = $1
	date = $1
	gsub(/-/, "", date)
	printf "\t{ %s, %s, \"%s\", \"%s\" },\n", date, $2 == "work" ? "true" : "false", $3, $4
	n++
}
END {
	if (bad)
		exit 1
	if (version == "" || year[2] == "")
		fault("no version line")
	print "};"
	print "const size_t hy_cal_cn_n = " n ";"
	print "const char hy_cal_cn_version[] = \"" version "\";"
	print "const int hy_cal_cn_first = " year[1] ", hy_cal_cn_last = " year[2] ";"
}
