/* Seeded pseudo-randomness: xoshiro256**, its state filled by splitmix64. Never for secrets. */
#include "base/time.h"
#include "base/base.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

static uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

void hy_rand_init(struct hy_rand *r, uint64_t seed)
{
	for (size_t i = 0; i < HY_LEN(r->s); i++)
		r->s[i] = splitmix(&seed);
}

void hy_rand_init_default(struct hy_rand *r)
{
	const char *text = getenv("HUYING_SEED");
	uint64_t seed = 0;
	char *end;

	if (text && *text) {
		errno = 0;
		seed = strtoull(text, &end, 0);
		if (*end || errno) /* any word will do as a seed */
			seed = hy_xxh64(text, __builtin_strlen(text));
	} else if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed)) {
		seed = (uint64_t)hy_monotonic();
	}
	hy_rand_init(r, seed);
}

uint64_t hy_rand_next(struct hy_rand *r)
{
	uint64_t *s = r->s;
	uint64_t result = rotl(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

uint64_t hy_rand_below(struct hy_rand *r, uint64_t n)
{
	uint64_t x, reject;

	if (n == 0)
		HY_BUG("hy_rand_below(0)");
	reject = -n % n; /* 2^64 mod n: the values below it would be drawn once too often */
	do
		x = hy_rand_next(r);
	while (x < reject);
	return x % n;
}

double hy_rand_unit(struct hy_rand *r)
{
	return (double)(hy_rand_next(r) >> 11) * 0x1p-53;
}
