/*
 * Every error code of every platform in one table: what a read does about it, what a write does.
 * A write that met a busy or failing platform is never repeated on its word alone: HY_EUNSURE,
 * unless the platform said that nothing was taken.
 */
#include "platforms/internal.h"

#include <stdlib.h>
#include <string.h>

#define AGAIN HY_ETEMP, HY_EUNSURE, HY_NEXT_RETRY, 0 /* a write may have been taken */
#define LATER WAIT(0)				     /* it said "slow down": nothing was taken */
#define NEVER HY_EPERM, HY_EPERM, HY_NEXT_STATUS, 0  /* as it is, it will never be taken */
#define SECRET HY_EAUTH, HY_EAUTH, HY_NEXT_STATUS, 0 /* the account needs a person */
#define ABSENT HY_ENOTFOUND, HY_ENOTFOUND, HY_NEXT_GONE, 0 /* nothing is there */
#define RESEND HY_ETEMP, HY_ETEMP, HY_NEXT_AGAIN, 0	   /* refused before anything was done */
#define WAIT(wait) HY_EWAIT, HY_EWAIT, HY_NEXT_WAIT, wait
#define RENEW HY_EAUTH, HY_EAUTH, HY_NEXT_RENEW, 0 /* a fresh token */
#define PERSON HY_EAUTH, HY_EAUTH, HY_NEXT_AUTHORISE, 0
#define STOP HY_EAUTH, HY_EAUTH, HY_NEXT_STOP, 0
#define FIX HY_EPERM, HY_EPERM, HY_NEXT_FIX, 0
#define CHANGE HY_EPERM, HY_EPERM, HY_NEXT_CHANGE, 0
#define GONE HY_ENOTFOUND, HY_EPERM, HY_NEXT_GONE, 0 /* a recipient or post */
#define NOBODY HY_EPERM, HY_EPERM, HY_NEXT_GONE, 0   /* a number that takes no messages */
#define THERE HY_EPERM, HY_EUNSURE, HY_NEXT_LOOK, 0  /* sent before, it says */

#define W "weibo"
#define X "wechat"

static const struct hy_platform_error errors[] = {
	/* Weibo: OAuth2 */
	{W, "21322", FIX, N_("the redirect address is not the registered one")},
	{W, "21323", FIX, N_("the request is malformed")},
	{W, "21324", STOP, N_("application key or secret is wrong")},
	{W, "21325", PERSON, N_("the code was used or has expired")},
	{W, "21326", STOP, N_("the application may not do this")},
	{W, "21327", PERSON, N_("the token has expired")},
	{W, "21328", FIX, N_("this kind of grant is not known")},
	{W, "21329", FIX, N_("this kind of answer is not known")},
	{W, "21330", PERSON, N_("the authorisation was refused")},
	{W, "21331", AGAIN, N_("authorisation is out of service for now")},
	{W, "21332", PERSON, N_("the token does not exist")},
	{W, "21337", STOP, N_("the application key lacks the permission")},
	{W, "21301", PERSON, N_("authentication failed")},
	{W, "21314", PERSON, N_("the token was used")},
	{W, "21315", PERSON, N_("the token has expired")},
	{W, "21316", PERSON, N_("the token was revoked")},
	{W, "21317", PERSON, N_("the token was rejected")},
	{W, "21319", PERSON, N_("the authorisation was withdrawn")},
	{W, "21321", STOP, N_("the unreviewed application is over its number of users")},
	/* Weibo: system */
	{W, "10001", AGAIN, N_("system error")},
	{W, "10002", AGAIN, N_("service out of order")},
	{W, "10003", AGAIN, N_("remote service out of order")},
	{W, "10004", STOP, N_("our address is restricted")},
	{W, "10005", STOP, N_("a higher level of application key is needed")},
	{W, "10006", FIX, N_("the application key is missing")},
	{W, "10007", FIX, N_("this kind of medium is not taken")},
	{W, "10008", FIX, N_("a parameter is wrong")},
	{W, "10009", AGAIN, N_("too many tasks are pending")},
	{W, "10010", AGAIN, N_("the job expired")},
	{W, "10011", AGAIN, N_("error between its services")},
	{W, "10012", STOP, N_("illegal request")},
	{W, "10013", STOP, N_("illegal user")},
	{W, "10014", STOP, N_("the application lacks the permission")},
	{W, "10016", FIX, N_("a parameter is missing")},
	{W, "10017", FIX, N_("a parameter is invalid")},
	{W, "10018", FIX, N_("the body is too long")},
	{W, "10020", FIX, N_("no such interface")},
	{W, "10021", FIX, N_("wrong HTTP method")},
	{W, "10022", WAIT(HY_HOUR), N_("calls of this address are used up")},
	{W, "10023", WAIT(HY_HOUR), N_("calls of this account are used up")},
	{W, "10024", WAIT(HY_HOUR), N_("calls of this interface are used up")},
	/* Weibo: posts, comments, messages */
	{W, "20001", FIX, N_("no ids were given")},
	{W, "20002", FIX, N_("a user id is wrong")},
	{W, "20003", FIX, N_("the user does not exist")},
	{W, "20004", FIX, N_("a user id is wrong")},
	{W, "20005", FIX, N_("this kind of picture is not taken")},
	{W, "20006", FIX, N_("the picture is too large")},
	{W, "20007", FIX, N_("the picture must be sent as a form part")},
	{W, "20008", FIX, N_("the text is empty")},
	{W, "20009", FIX, N_("too many ids")},
	{W, "20012", CHANGE, N_("the text is longer than 140 characters")},
	{W, "20013", CHANGE, N_("the message is longer than 300 characters")},
	{W, "20014", RESEND, N_("a security check asks to try once more")},
	{W, "20015", STOP, N_("account, address or application is illegal")},
	{W, "20016", WAIT(HY_HOUR), N_("posting too often")},
	{W, "20017", CHANGE, N_("the text is too like an earlier one")},
	{W, "20018", CHANGE, N_("an address in the text is not allowed")},
	{W, "20019", THERE, N_("the same text was posted already")},
	{W, "20020", CHANGE, N_("taken for an advertisement")},
	{W, "20021", CHANGE, N_("the content is not allowed")},
	{W, "20022", STOP, N_("our address behaves unusually")},
	{W, "20031", STOP, N_("a person must solve a picture puzzle")},
	{W, "20032", THERE, N_("posted, visible in one or two minutes")},
	{W, "20049", CHANGE, N_("the long text is too long")},
	{W, "20101", GONE, N_("the post does not exist")},
	{W, "20102", GONE, N_("the post is not the account's own")},
	{W, "20103", GONE, N_("the post cannot be passed on")},
	{W, "20104", GONE, N_("the post is not allowed")},
	{W, "20109", GONE, N_("the post is deleted")},
	{W, "20111", THERE, N_("the same post was sent already")},
	{W, "20201", GONE, N_("the comment does not exist")},
	{W, "20202", GONE, N_("the comment is not allowed")},
	{W, "20203", GONE, N_("the comment is not the account's own")},
	{W, "20204", GONE, N_("the comment is not allowed")},
	{W, "20301", GONE, N_("messages go to followers only")},
	{W, "20306", THERE, N_("the same message was sent already")},
	{W, "20508", GONE, N_("the other side's settings forbid it")},
	{W, "21602", CHANGE, N_("the text has a forbidden word")},
	/* WeChat */
	{X, "-1", AGAIN, N_("the system is busy")},
	{X, "-1000", AGAIN, N_("the system is busy")},
	{X, "40001", RENEW, N_("the token or the secret is invalid")},
	{X, "40014", RENEW, N_("the token is invalid")},
	{X, "42001", RENEW, N_("the token has expired")},
	{X, "40002", STOP, N_("this kind of grant is not known")},
	{X, "40013", STOP, N_("the AppID is wrong")},
	{X, "40125", STOP, N_("the AppSecret is wrong")},
	{X, "40243", STOP, N_("the AppSecret is frozen")},
	{X, "40164", STOP, N_("our address is not on the account's list of addresses")},
	{X, "40003", GONE, N_("no such recipient")},
	{X, "40031", GONE, N_("the list of recipients is wrong")},
	{X, "40032", GONE, N_("the list of recipients has a wrong length")},
	{X, "40004-40006", FIX, N_("kind or size of a medium is wrong")},
	{X, "40007", FIX, N_("no such medium or draft")},
	{X, "40008", FIX, N_("this kind of message is not known")},
	{X, "40009-40012", FIX, N_("kind or size of a medium is wrong")},
	{X, "40033", FIX, N_("characters were sent as escapes")},
	{X, "40035", FIX, N_("a parameter is wrong")},
	{X, "40037", FIX, N_("no such template")},
	{X, "40059", FIX, N_("no such message id")},
	{X, "41001-41030", FIX, N_("a parameter is missing")},
	{X, "43002", FIX, N_("it must be a POST")},
	{X, "43003", FIX, N_("it must be HTTPS")},
	{X, "43004", GONE, N_("the recipient does not follow the account")},
	{X, "43019", GONE, N_("the recipient is on the account's black list")},
	{X, "43101", GONE, N_("the recipient refused such messages")},
	{X, "43116", STOP, N_("the template is banned")},
	{X, "43117", GONE, N_("too often to this recipient")},
	{X, "44001-44004", FIX, N_("file, body, article or text is empty")},
	{X, "45001", FIX, N_("the medium is too large")},
	{X, "45002", CHANGE, N_("the content is too long")},
	{X, "45003", CHANGE, N_("the title is too long")},
	{X, "45004", CHANGE, N_("the summary is too long")},
	{X, "45005-45008", FIX, N_("a link, voice or number of articles is too long")},
	{X, "45009", WAIT(HY_WAIT_DAY), N_("the calls of this day are used up")},
	{X, "45011", WAIT(HY_MINUTE), N_("too many calls in a minute")},
	{X, "45015", GONE, N_("the 48 hours after the recipient's message are over")},
	{X, "45028", WAIT(HY_WAIT_DAY), N_("no mass sends are left in this day or month")},
	{X, "45047", GONE, N_("no more messages until the recipient writes again")},
	{X, "45056-45059", FIX, N_("too many tags or followers in one")},
	{X, "45065", THERE, N_("sent already under this key")},
	{X, "45066", WAIT(HY_MINUTE), N_("tried again too soon under this key")},
	{X, "45067", FIX, N_("the key is too long")},
	{X, "45072", THERE, N_("the state was told already")},
	{X, "45157", FIX, N_("a tag of this name exists")},
	{X, "45158", FIX, N_("the name of the tag is too long")},
	{X, "45166", CHANGE, N_("the content is refused")},
	{X, "46003", FIX, N_("there is no menu")},
	{X, "46004", FIX, N_("no such user")},
	{X, "47001", FIX, N_("the body is no JSON")},
	{X, "47003", FIX, N_("the template's fields do not match")},
	{X, "48001", STOP, N_("the account may not use this interface")},
	{X, "48002", GONE, N_("the recipient blocks messages")},
	{X, "48004", STOP, N_("the interface is banned")},
	{X, "48006", STOP, N_("the resets of this month are used up")},
	{X, "50001", STOP, N_("the account is not authorised for this interface")},
	{X, "50002", STOP, N_("the account is limited")},
	{X, "53404-53405", STOP, N_("the account's drafts or comments are restricted")},
	{X, "53503", CHANGE, N_("this draft cannot be published")},
	{X, "53504-53505", STOP, N_("a person must confirm it in the platform's console")},
	{X, "61004", STOP, N_("our address is not on the component's list")},
	{X, "61007", STOP, N_("the interface is not authorised to the component")},

	/* Mastodon: HTTP codes; its text says no more. A write is safe within the hour by its key.
	 */
	{"mastodon", "401", PERSON,
	 N_("the access token is not accepted: give the account a new one")},
	{"mastodon", "403", STOP, N_("the account may not do this, or is suspended")},
	{"mastodon", "404", ABSENT, N_("it is not there, or not visible to this account")},
	{"mastodon", "410", ABSENT, N_("it was removed")},
	{"mastodon", "422", CHANGE,
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
	{"discuz", "521", RESEND, N_("a guard before the forum does not reach it")},

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

	/* Aliyun SMS. Of a limit by minute, hour or day its words say which: sms-aliyun.c */
	{"aliyun", "isv.BUSINESS_LIMIT_CONTROL", LATER,
	 N_("too many messages to this number: the carrier's limit by minute, hour or day")},
	{"aliyun", "isv.DAY_LIMIT_CONTROL", WAIT(HY_WAIT_DAY),
	 N_("the daily quota set in the provider's console is used up")},
	{"aliyun", "isv.MONTH_LIMIT_CONTROL", NEVER,
	 N_("the monthly quota set in the provider's console is used up")},
	{"aliyun", "isv.MOBILE_NUMBER_ILLEGAL", NOBODY, N_("this is no mobile number")},
	{"aliyun", "isv.MOBILE_COUNT_OVER_LIMIT", FIX, N_("too many numbers in one request")},
	{"aliyun", "isv.SMS_TEMPLATE_ILLEGAL", FIX,
	 N_("the template is not approved by the provider")},
	{"aliyun", "isv.SMS_SIGNATURE_ILLEGAL", FIX,
	 N_("the signature is not approved by the provider")},
	{"aliyun", "isv.SMS_SIGN_ILLEGAL", FIX,
	 N_("the signature is not approved by the provider")},
	{"aliyun", "isv.SMS_SIGNATURE_SCENE_ILLEGAL", FIX,
	 N_("the signature is not approved for this kind of message")},
	{"aliyun", "isv.SIGN_STATE_ILLEGAL", FIX, N_("the signature is not in force")},
	{"aliyun", "isv.TEMPLATE_MISSING_PARAMETERS", FIX, N_("the template needs more values")},
	{"aliyun", "isv.TEMPLATE_PARAMS_ILLEGAL", FIX, N_("a value does not fit the template")},
	{"aliyun", "isv.INVALID_JSON_PARAM", FIX,
	 N_("the template's values are not well-formed")},
	{"aliyun", "isv.PARAM_LENGTH_LIMIT", CHANGE, N_("a value is too long for the template")},
	{"aliyun", "isv.BLACK_KEY_CONTROL_LIMIT", CHANGE,
	 N_("the text holds a word that the provider refuses")},
	{"aliyun", "isv.SMS_CONTENT_ILLEGAL", CHANGE,
	 N_("the text holds something that the provider refuses")},
	{"aliyun", "isv.EXTEND_CODE_ERROR", FIX, N_("the extension number is wrong")},
	{"aliyun", "isv.DOMESTIC_NUMBER_NOT_SUPPORTED", FIX,
	 N_("this template is not for domestic numbers")},
	{"aliyun", "isv.DENY_IP_RANGE", STOP,
	 N_("the provider's console does not allow our address")},
	{"aliyun", "isv.AMOUNT_NOT_ENOUGH", STOP, N_("the balance at the provider is used up")},
	{"aliyun", "isv.OUT_OF_SERVICE", STOP,
	 N_("the provider has suspended the account: its balance")},
	{"aliyun", "isv.PRODUCT_UN_SUBSCRIPT", STOP, N_("the SMS product is not subscribed")},
	{"aliyun", "isv.ACCOUNT_NOT_EXISTS", STOP, N_("the provider knows no such account")},
	{"aliyun", "isv.ACCOUNT_ABNORMAL", STOP, N_("the provider has locked the account")},
	{"aliyun", "isp.RAM_PERMISSION_DENY", STOP, N_("the access key may not send SMS")},
	{"aliyun", "isp.SYSTEM_ERROR", AGAIN, N_("the provider failed")},
	{"aliyun", "Throttling*", AGAIN,
	 N_("the provider asks to slow down; look before sending again")},
	{"aliyun", "ServiceUnavailable", AGAIN, N_("the provider is not available")},
	{"aliyun", "SignatureDoesNotMatch", STOP,
	 N_("the signature of the request does not match: the access key's secret")},
	{"aliyun", "InvalidTimeStamp.Expired", RESEND,
	 N_("our clock and the provider's differ by more than 15 minutes")},
	{"aliyun", "SignatureNonceUsed", RESEND, N_("the request's nonce was used before")},
	{"aliyun", "InvalidAccessKeyId.NotFound", STOP,
	 N_("the provider does not know the access key")},

	/* Tencent Cloud SMS */
	{"tencent", "InternalError.Timeout", AGAIN, N_("the provider failed")},
	{"tencent", "InternalError*", AGAIN, N_("the provider failed")},
	{"tencent", "RequestLimitExceeded*", WAIT(10 * HY_SECOND), N_("asked too often")},
	{"tencent", "LimitExceeded.PhoneNumberThirtySecondLimit", WAIT(30 * HY_SECOND),
	 N_("one message to a number in 30 seconds")},
	{"tencent", "LimitExceeded.PhoneNumberOneHourLimit", WAIT(HY_HOUR),
	 N_("too many messages to this number in an hour")},
	{"tencent", "LimitExceeded.PhoneNumberDailyLimit", WAIT(HY_WAIT_DAY),
	 N_("too many messages to this number in a day")},
	{"tencent", "LimitExceeded.PhoneNumberSameContentDailyLimit", WAIT(HY_WAIT_DAY),
	 N_("the same text to this number too often in a day")},
	{"tencent", "LimitExceeded.DeliveryFrequencyLimit", WAIT(10 * HY_MINUTE),
	 N_("messages to this number too often")},
	{"tencent", "LimitExceeded*", WAIT(10 * HY_MINUTE), N_("a limit of the provider was passed")},
	{"tencent", "FailedOperation.ContainSensitiveWord", CHANGE,
	 N_("the text holds a word that the provider refuses")},
	{"tencent", "FailedOperation.FailResolvePacket", FIX,
	 N_("the provider cannot read the request")},
	{"tencent", "FailedOperation.InsufficientBalanceInSmsPackage", STOP,
	 N_("the SMS package at the provider is used up")},
	{"tencent", "FailedOperation.MarketingSendTimeConstraint", NEVER,
	 N_("this kind of message is sent between 08:00 and 22:00 only")},
	{"tencent", "FailedOperation.PhoneNumberInBlacklist", NOBODY,
	 N_("the owner of the number wants no messages")},
	{"tencent", "FailedOperation.SignatureIncorrectOrUnapproved", FIX,
	 N_("the signature is not approved by the provider")},
	{"tencent", "FailedOperation.TemplateIncorrectOrUnapproved", FIX,
	 N_("the template is not approved by the provider")},
	{"tencent", "FailedOperation.TemplateParamSetNotMatchApprovedTemplate", FIX,
	 N_("the values do not fit the approved template")},
	{"tencent", "InvalidParameterValue.IncorrectPhoneNumber", NOBODY,
	 N_("this is no mobile number")},
	{"tencent", "InvalidParameterValue.ContentLengthLimit", CHANGE, N_("the text is too long")},
	{"tencent", "InvalidParameterValue.TemplateParameterFormatError", FIX,
	 N_("a value does not fit the template")},
	{"tencent", "UnauthorizedOperation*", STOP, N_("the access key may not send SMS")},
	{"tencent", "AuthFailure.SignatureExpire", RESEND,
	 N_("our clock and the provider's differ by more than 5 minutes")},
	{"tencent", "AuthFailure.SignatureFailure", STOP,
	 N_("the signature of the request does not match: the access key's secret")},
	{"tencent", "AuthFailure.SecretIdNotFound", STOP,
	 N_("the provider does not know the access key")},

	/* SMPP 3.4: command_status */
	{"smpp", "0x1", FIX, N_("the message has a wrong length")},
	{"smpp", "0x3", FIX, N_("the message centre does not know the command")},
	{"smpp", "0x4", RESEND, N_("the connection is not bound for this")},
	{"smpp", "0x5", RESEND, N_("this system id is bound already")},
	{"smpp", "0x8", AGAIN, N_("the message centre failed")},
	{"smpp", "0xA", FIX, N_("our own number is refused")},
	{"smpp", "0xB", NOBODY, N_("the receiver's number is refused")},
	{"smpp", "0xD", RESEND,
	 N_("the message centre does not let us bind: another session with this system id, an "
	    "address that it does not allow, or a wrong password")},
	{"smpp", "0xE", STOP, N_("the password is not accepted")},
	{"smpp", "0xF", STOP, N_("the system id is not accepted")},
	{"smpp", "0x14", LATER, N_("the message centre's queue is full")},
	{"smpp", "0x45", NEVER, N_("the message centre does not take the message")},
	{"smpp", "0x58", LATER, N_("asked too often")},
	{"smpp", "0x64", LATER, N_("the receiver is busy for now")},
	{"smpp", "0x65", NOBODY, N_("the receiver never takes it")},
	{"smpp", "0x66", NOBODY, N_("the receiver refuses the message")},
	{"smpp", "0xFE", NOBODY, N_("the message was not delivered")},
	{"smpp", "0xFF", AGAIN, N_("the message centre names no reason")},
};

/* A whole number with an optional minus sign; false for anything else. */
static bool number(const char *s, size_t n, long *out)
{
	char text[12], *end;

	if (n == 0 || n >= sizeof(text))
		return false;
	memcpy(text, s, n);
	text[n] = '\0';
	*out = strtol(text, &end, 10);
	return *end == '\0';
}

/* row: "41001-41030". */
static bool in_range(const char *row, const char *code)
{
	const char *dash = strchr(row + 1, '-');
	long low, high, got;

	return dash != NULL && number(row, (size_t)(dash - row), &low) &&
	       number(dash + 1, strlen(dash + 1), &high) && number(code, strlen(code), &got) &&
	       got >= low && got <= high;
}

/* Length of the match of row->code with code; 0 = none. An exact one beats every "rest". */
static size_t matches(const struct hy_platform_error *row, const char *code)
{
	size_t n = strlen(row->code);

	if (row->code[n - 1] == '*')
		return strncmp(row->code, code, n - 1) == 0 ? n : 0;
	if (strcmp(row->code, code) == 0)
		return SIZE_MAX;
	return in_range(row->code, code) ? SIZE_MAX - 1 : 0;
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

const struct hy_platform_error *hy_platform_error_said(const char *text)
{
	const struct hy_platform_error *row = NULL;
	const char *colon = text != NULL ? strstr(text, ": ") : NULL, *end;
	void *tmp = talloc_new(NULL);

	for (; row == NULL && colon != NULL; colon = end) {
		const char *from = colon;

		while (from > text && from[-1] >= 'a' && from[-1] <= 'z')
			from--;
		end = strstr(colon + 2, ": ");
		if (end != NULL)
			row = hy_platform_error_find(
				hy_strndup(tmp, from, (size_t)(colon - from)),
				hy_strndup(tmp, colon + 2, (size_t)(end - colon - 2)));
	}
	talloc_free(tmp);
	return row;
}

hy_time hy_platform_midnight(hy_time now)
{
	const hy_dur beijing = 8 * HY_HOUR;

	return ((now + beijing) / HY_DAY + 1) * HY_DAY - beijing;
}

hy_time hy_platform_wait_end(const struct hy_platform_error *row, hy_time now)
{
	if (row->wait == HY_WAIT_DAY)
		return hy_platform_midnight(now);
	return row->wait > 0 ? now + row->wait : 0;
}

enum hy_status hy_platform_refused(const struct hy_platform_call *c, const char *platform,
				   const char *code, const char *said, struct hy_err *err)
{
	const struct hy_platform_error *row = hy_platform_error_find(platform, code);
	enum hy_status status = hy_platform_error_set(err, platform, code, c->writes, said);

	if (row != NULL && row->next == HY_NEXT_STOP && c->token_call)
		status = HY_EREFUSED;
	if (err != NULL) {
		err->status = status;
		if (status == HY_EWAIT)
			err->until = hy_platform_wait_end(row, hy_net_now(c->net));
	}
	return status;
}
