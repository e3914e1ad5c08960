// The peer of the fold: ICU's NFKC_Casefold over UTF-8, nothing else.
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>

#include <cstddef>

extern "C" size_t bench_icu_fold(const char *s, size_t n, char *out, size_t room)
{
	static const icu::Normalizer2 *fold = nullptr;
	UErrorCode code = U_ZERO_ERROR;

	if (!fold)
		fold = icu::Normalizer2::getNFKCCasefoldInstance(code);
	icu::CheckedArrayByteSink sink(out, static_cast<int32_t>(room));
	fold->normalizeUTF8(0, icu::StringPiece(s, static_cast<int32_t>(n)), sink, nullptr, code);
	return U_FAILURE(code) || sink.Overflowed()
		       ? 0
		       : static_cast<size_t>(sink.NumberOfBytesWritten());
}
