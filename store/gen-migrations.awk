# Turns store/migrations/NNN.sql, in the order given, into store/migrations.c: one string each.
BEGIN { print "/* Made by store/gen-migrations.awk. */"; print "#include \"store/db.h\"\n" }
FNR == 1 {
	if (n++) print ";"
	printf "static const char m%d[] =\n", n
}
{ gsub(/\\/, "\\\\"); gsub(/"/, "\\\""); printf "\t\"%s\\n\"\n", $0 }
END {
	print ";\n"
	print "const char *const hy_migrations[] = {"
	for (i = 1; i <= n; i++) printf "\tm%d,\n", i
	print "};"
	printf "const int hy_migrations_n = %d;\n", n
}
