/* aus.c - numbers as ENUM asks for them */
#include "enum/aus.h"

#include "base/err.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_separator(char c)
{
	return c == '-' || c == '.' || c == '(' || c == ')' || c == ' ';
}

static int
parse_itad(struct str text, struct enum_number *out)
{
	if (text.len == 0)
		return ERR_SYNTAX;
	if (text.len > ENUM_ITAD_MAX)
		return ERR_RANGE;
	for (size_t i = 0; i < text.len; i++) {
		if (!is_digit(text.p[i]))
			return ERR_SYNTAX;
	}
	memcpy(out->itad, text.p, text.len);
	out->itad_len = (uint8_t)text.len;
	return 0;
}

int
enum_number_parse(struct str text, struct enum_number *out)
{
	struct str rest = text;
	struct str digits = str_cut(&rest, '*');

	out->len = out->itad_len = 0;
	if (rest.p != NULL && parse_itad(rest, out) != 0)
		return parse_itad(rest, out);
	if (digits.len > 0 && digits.p[0] == '+')
		digits.p++, digits.len--;
	for (size_t i = 0; i < digits.len; i++) {
		if (is_separator(digits.p[i]))
			continue;
		if (!is_digit(digits.p[i]))
			return ERR_SYNTAX;
		if (out->len == ENUM_DIGITS_MAX)
			return ERR_RANGE;
		out->digits[out->len++] = digits.p[i];
	}
	return out->len > 0 ? 0 : ERR_SYNTAX;
}

bool
enum_number_fits(const struct enum_number *number, enum enum_form form)
{
	return (form == ENUM_ISN) == (number->itad_len > 0);
}

void
enum_number_aus(const struct enum_number *number, enum enum_form form,
		struct enum_aus *out)
{
	out->len = 0;
	if (form == ENUM_PLUS)
		out->text[out->len++] = '+';
	memcpy(out->text + out->len, number->digits, number->len);
	out->len = (uint8_t)(out->len + number->len);
	if (form != ENUM_ISN)
		return;
	out->text[out->len++] = '*';
	memcpy(out->text + out->len, number->itad, number->itad_len);
	out->len = (uint8_t)(out->len + number->itad_len);
}

int
enum_number_domain(const struct enum_number *number,
		   const struct dns_name *suffix, struct dns_name *out)
{
	size_t len = 2U * number->len + suffix->len;

	if (number->itad_len > 0)
		len += 1U + number->itad_len;
	if (len > DNS_NAME_MAX)
		return ERR_LIMIT;
	out->len = 0;
	for (unsigned i = number->len; i > 0; i--) {
		out->wire[out->len++] = 1;
		out->wire[out->len++] = (uint8_t)number->digits[i - 1];
	}
	if (number->itad_len > 0) {
		out->wire[out->len++] = number->itad_len;
		memcpy(out->wire + out->len, number->itad, number->itad_len);
		out->len = (uint8_t)(out->len + number->itad_len);
	}
	memcpy(out->wire + out->len, suffix->wire, suffix->len);
	out->len = (uint8_t)len;
	return 0;
}
