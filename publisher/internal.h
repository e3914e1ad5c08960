/* Inside of publisher/. */
#ifndef HY_PUBLISHER_INTERNAL_H
#define HY_PUBLISHER_INTERNAL_H

#include "publisher/publisher.h"

/* Signs a digest with the office's key. */
enum hy_status hy_office_sign(struct hy_store *st, const uint8_t digest[HY_SHA256_LEN],
			      uint8_t sig[HY_ED25519_SIG_LEN], struct hy_err *err);
/* Signs the bytes of a file with the office's key. 32 bytes would read as a digest: HY_EINPUT. */
enum hy_status hy_office_sign_file(struct hy_store *st, const void *bytes, size_t n,
				   uint8_t sig[HY_ED25519_SIG_LEN], struct hy_err *err);

extern const struct hy_channel hy_channel_site, hy_channel_wordpress;

#endif
