/*
 * Every error code of every platform in one table: what a read does about it, what a write does.
 * A write that met a busy or failing platform is never repeated on its word alone: HY_EUNSURE,
 * unless the platform said that nothing was taken.
 */
#include "platforms/platforms.h"

#include <string.h>

#define AGAIN HY_ETEMP, HY_EUNSURE	  /* the platform failed: a write may have been taken */
#define LATER HY_EWAIT, HY_EWAIT	  /* it said "slow down": nothing was taken */
#define NEVER HY_EPERM, HY_EPERM	  /* as it is, it will never be taken */
#define SECRET HY_EAUTH, HY_EAUTH	  /* the account needs a person */
#define ABSENT HY_ENOTFOUND, HY_ENOTFOUND /* nothing is there */
#define RESEND HY_ETEMP, HY_ETEMP	  /* refused before anything was done: send anew */

static const struct hy_platform_error errors[] = {
	/* Mastodon: HTTP codes; its text says no more. A write is safe within the hour by its key.
	 */
	{"mastodon", "401", SECRET,
	 N_("the access token is not accepted: give the account a new one")},
	{"mastodon", "403", SECRET, N_("the account may not do this, or is suspended")},
	{"mastodon", "404", ABSENT, N_("it is not there, or not visible to this account")},
	{"mastodon", "410", ABSENT, N_("it was removed")},
	{"mastodon", "422", NEVER,
	 N_("the server refuses the text: too long, or a field is wrong")},
	{"mastodon", "429", LATER, N_("asked too often")},
	{"mastodon", "503", AGAIN, N_("the server is starting or overloaded")},

	/* Discuz: messages of HTTP 200 answers, and the plain words of its RSS */
	{"discuz", "module_not_exists", NEVER, N_("the forum has no such interface: use its RSS")},
	{"discuz", "param_error", NEVER, N_("the forum does not know this request")},
	{"discuz", "mobile_is_closed", NEVER,
	 N_("the forum's mobile interface is closed: use its RSS")},
	{"discuz", "thread_nonexistence", ABSENT, N_("the thread is gone, or not for guests")},
	{"discuz", "forum_nonexistence", ABSENT, N_("the board is not there, or not for guests")},
	{"discuz", "viewperm_login_nopermission", SECRET,
	 N_("the board is not open to guests: only public boards are read")},
	{"discuz", "viewperm_none_nopermission", SECRET,
	 N_("the board is not open to guests: only public boards are read")},
	{"discuz", "to_login", SECRET, N_("the forum wants a log-in: only public boards are read")},
	{"discuz", "RSS Disabled", NEVER, N_("the forum's RSS is switched off: ask its owner")},
	{"discuz", "Specified forum not found", ABSENT,
	 N_("the board is not there, or not for guests")},
	{"discuz", "Access Denied", SECRET,
	 N_("the board is not open to guests: only public boards are read")},
	{"discuz", "403", SECRET, N_("a guard before the forum refuses us: ask its owner")},
	{"discuz", "412", SECRET, N_("a guard before the forum refuses us: ask its owner")},
	{"discuz", "521", HY_ETEMP, HY_ETEMP, N_("a guard before the forum does not reach it")},

	{"nodebb", "401", SECRET,
	 N_("the board is not open to guests: only public boards are read")},
	{"nodebb", "403", SECRET,
	 N_("the board is not open to guests: only public boards are read")},
	{"nodebb", "404", ABSENT, N_("the board is not there, or its feeds are switched off")},
	{"nodebb", "429", LATER, N_("asked too often")},

	{"discourse", "not_found", ABSENT, N_("it is not there, or not for guests")},
	{"discourse", "invalid_access", SECRET,
	 N_("it is not open to guests; an API key of the forum's owner may read it")},
	{"discourse", "rate_limit", LATER, N_("asked too often")},

	/* Aliyun SMS */
	{"aliyun", "isv.BUSINESS_LIMIT_CONTROL", LATER,
	 N_("too many messages to this number: the carrier's limit by minute, hour or day")},
	{"aliyun", "isv.DAY_LIMIT_CONTROL", LATER,
	 N_("the daily quota set in the provider's console is used up")},
	{"aliyun", "isv.MONTH_LIMIT_CONTROL", NEVER,
	 N_("the monthly quota set in the provider's console is used up")},
	{"aliyun", "isv.MOBILE_NUMBER_ILLEGAL", NEVER, N_("this is no mobile number")},
	{"aliyun", "isv.MOBILE_COUNT_OVER_LIMIT", NEVER, N_("too many numbers in one request")},
	{"aliyun", "isv.SMS_TEMPLATE_ILLEGAL", NEVER,
	 N_("the template is not approved by the provider")},
	{"aliyun", "isv.SMS_SIGNATURE_ILLEGAL", NEVER,
	 N_("the signature is not approved by the provider")},
	{"aliyun", "isv.SMS_SIGN_ILLEGAL", NEVER,
	 N_("the signature is not approved by the provider")},
	{"aliyun", "isv.SMS_SIGNATURE_SCENE_ILLEGAL", NEVER,
	 N_("the signature is not approved for this kind of message")},
	{"aliyun", "isv.SIGN_STATE_ILLEGAL", NEVER, N_("the signature is not in force")},
	{"aliyun", "isv.TEMPLATE_MISSING_PARAMETERS", NEVER, N_("the template needs more values")},
	{"aliyun", "isv.TEMPLATE_PARAMS_ILLEGAL", NEVER, N_("a value does not fit the template")},
	{"aliyun", "isv.INVALID_JSON_PARAM", NEVER,
	 N_("the template's values are not well-formed")},
	{"aliyun", "isv.PARAM_LENGTH_LIMIT", NEVER, N_("a value is too long for the template")},
	{"aliyun", "isv.BLACK_KEY_CONTROL_LIMIT", NEVER,
	 N_("the text holds a word that the provider refuses")},
	{"aliyun", "isv.SMS_CONTENT_ILLEGAL", NEVER,
	 N_("the text holds something that the provider refuses")},
	{"aliyun", "isv.EXTEND_CODE_ERROR", NEVER, N_("the extension number is wrong")},
	{"aliyun", "isv.DOMESTIC_NUMBER_NOT_SUPPORTED", NEVER,
	 N_("this template is not for domestic numbers")},
	{"aliyun", "isv.DENY_IP_RANGE", SECRET,
	 N_("the provider's console does not allow our address")},
	{"aliyun", "isv.AMOUNT_NOT_ENOUGH", SECRET, N_("the balance at the provider is used up")},
	{"aliyun", "isv.OUT_OF_SERVICE", SECRET,
	 N_("the provider has suspended the account: its balance")},
	{"aliyun", "isv.PRODUCT_UN_SUBSCRIPT", SECRET, N_("the SMS product is not subscribed")},
	{"aliyun", "isv.ACCOUNT_NOT_EXISTS", SECRET, N_("the provider knows no such account")},
	{"aliyun", "isv.ACCOUNT_ABNORMAL", SECRET, N_("the provider has locked the account")},
	{"aliyun", "isp.RAM_PERMISSION_DENY", SECRET, N_("the access key may not send SMS")},
	{"aliyun", "isp.SYSTEM_ERROR", AGAIN, N_("the provider failed")},
	{"aliyun", "Throttling*", AGAIN,
	 N_("the provider asks to slow down; look before sending again")},
	{"aliyun", "ServiceUnavailable", AGAIN, N_("the provider is not available")},
	{"aliyun", "SignatureDoesNotMatch", SECRET,
	 N_("the signature of the request does not match: the access key's secret")},
	{"aliyun", "InvalidTimeStamp.Expired", RESEND,
	 N_("our clock and the provider's differ by more than 15 minutes")},
	{"aliyun", "SignatureNonceUsed", RESEND, N_("the request's nonce was used before")},
	{"aliyun", "InvalidAccessKeyId.NotFound", SECRET,
	 N_("the provider does not know the access key")},

	/* Tencent Cloud SMS */
	{"tencent", "InternalError.Timeout", AGAIN, N_("the provider failed")},
	{"tencent", "InternalError*", AGAIN, N_("the provider failed")},
	{"tencent", "RequestLimitExceeded*", LATER, N_("asked too often")},
	{"tencent", "LimitExceeded.PhoneNumberThirtySecondLimit", LATER,
	 N_("one message to a number in 30 seconds")},
	{"tencent", "LimitExceeded.PhoneNumberOneHourLimit", LATER,
	 N_("too many messages to this number in an hour")},
	{"tencent", "LimitExceeded.PhoneNumberDailyLimit", LATER,
	 N_("too many messages to this number in a day")},
	{"tencent", "LimitExceeded.PhoneNumberSameContentDailyLimit", LATER,
	 N_("the same text to this number too often in a day")},
	{"tencent", "LimitExceeded.DeliveryFrequencyLimit", LATER,
	 N_("messages to this number too often")},
	{"tencent", "LimitExceeded*", LATER, N_("a limit of the provider was passed")},
	{"tencent", "FailedOperation.ContainSensitiveWord", NEVER,
	 N_("the text holds a word that the provider refuses")},
	{"tencent", "FailedOperation.FailResolvePacket", NEVER,
	 N_("the provider cannot read the request")},
	{"tencent", "FailedOperation.InsufficientBalanceInSmsPackage", SECRET,
	 N_("the SMS package at the provider is used up")},
	{"tencent", "FailedOperation.MarketingSendTimeConstraint", NEVER,
	 N_("this kind of message is sent between 08:00 and 22:00 only")},
	{"tencent", "FailedOperation.PhoneNumberInBlacklist", NEVER,
	 N_("the owner of the number wants no messages")},
	{"tencent", "FailedOperation.SignatureIncorrectOrUnapproved", NEVER,
	 N_("the signature is not approved by the provider")},
	{"tencent", "FailedOperation.TemplateIncorrectOrUnapproved", NEVER,
	 N_("the template is not approved by the provider")},
	{"tencent", "FailedOperation.TemplateParamSetNotMatchApprovedTemplate", NEVER,
	 N_("the values do not fit the approved template")},
	{"tencent", "InvalidParameterValue.IncorrectPhoneNumber", NEVER,
	 N_("this is no mobile number")},
	{"tencent", "InvalidParameterValue.ContentLengthLimit", NEVER, N_("the text is too long")},
	{"tencent", "InvalidParameterValue.TemplateParameterFormatError", NEVER,
	 N_("a value does not fit the template")},
	{"tencent", "UnauthorizedOperation*", SECRET, N_("the access key may not send SMS")},
	{"tencent", "AuthFailure.SignatureExpire", RESEND,
	 N_("our clock and the provider's differ by more than 5 minutes")},
	{"tencent", "AuthFailure.SignatureFailure", SECRET,
	 N_("the signature of the request does not match: the access key's secret")},
	{"tencent", "AuthFailure.SecretIdNotFound", SECRET,
	 N_("the provider does not know the access key")},

	/* SMPP 3.4: command_status */
	{"smpp", "0x1", NEVER, N_("the message has a wrong length")},
	{"smpp", "0x3", NEVER, N_("the message centre does not know the command")},
	{"smpp", "0x4", RESEND, N_("the connection is not bound for this")},
	{"smpp", "0x5", RESEND, N_("this system id is bound already")},
	{"smpp", "0x8", AGAIN, N_("the message centre failed")},
	{"smpp", "0xA", NEVER, N_("our own number is refused")},
	{"smpp", "0xB", NEVER, N_("the receiver's number is refused")},
	{"smpp", "0xD", SECRET, N_("the message centre does not let us bind")},
	{"smpp", "0xE", SECRET, N_("the password is not accepted")},
	{"smpp", "0xF", SECRET, N_("the system id is not accepted")},
	{"smpp", "0x14", LATER, N_("the message centre's queue is full")},
	{"smpp", "0x45", NEVER, N_("the message centre does not take the message")},
	{"smpp", "0x58", LATER, N_("asked too often")},
	{"smpp", "0x64", LATER, N_("the receiver is busy for now")},
	{"smpp", "0x65", NEVER, N_("the receiver never takes it")},
	{"smpp", "0x66", NEVER, N_("the receiver refuses the message")},
	{"smpp", "0xFE", NEVER, N_("the message was not delivered")},
	{"smpp", "0xFF", AGAIN, N_("the message centre names no reason")},
};

/* Length of the match of row->code with code; 0 = none. An exact one beats every "rest". */
static size_t matches(const struct hy_platform_error *row, const char *code)
{
	size_t n = strlen(row->code);

	if (row->code[n - 1] == '*')
		return strncmp(row->code, code, n - 1) == 0 ? n : 0;
	return strcmp(row->code, code) == 0 ? SIZE_MAX : 0;
}

const struct hy_platform_error *hy_platform_error_find(const char *platform, const char *code)
{
	const struct hy_platform_error *best = NULL;
	size_t best_n = 0;

	for (size_t i = 0; code != NULL && i < HY_LEN(errors); i++) {
		size_t n =
			strcmp(errors[i].platform, platform) == 0 ? matches(&errors[i], code) : 0;

		if (n > best_n) {
			best = &errors[i];
			best_n = n;
		}
	}
	return best;
}

const struct hy_platform_error *hy_platform_errors(size_t *n_out)
{
	*n_out = HY_LEN(errors);
	return errors;
}

enum hy_status hy_platform_error_set(struct hy_err *err, const char *platform, const char *code,
				     bool writes, const char *said)
{
	const struct hy_platform_error *row = hy_platform_error_find(platform, code);
	enum hy_status status = writes ? HY_EUNSURE : HY_ETEMP;
	const char *cure = row != NULL ? _(row->cure) : _("an error that we do not know");

	if (row != NULL)
		status = writes ? row->write : row->read;
	if (said == NULL || said[0] == '\0')
		return hy_err_set(err, status, "%s: %.80s: %s", platform, code ? code : "", cure);
	return hy_err_set(err, status, "%s: %.80s: %s (%.160s)", platform, code ? code : "", cure,
			  said);
}
