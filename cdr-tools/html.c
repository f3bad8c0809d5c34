/* html.c - pieces of the pages for people */
#include "cdr-tools/html.h"

#include <inttypes.h>

#include "base/timefmt.h"

static const char style[] =
    "<style>\n"
    "body { font: 15px/1.45 sans-serif; color: #222; max-width: 60em;"
    " margin: 2em auto; padding: 0 1em; }\n"
    "h1 { font-size: 1.6em; margin: 0; }\n"
    "header { display: flex; justify-content: space-between;"
    " align-items: flex-end; border-bottom: 2px solid #345; }\n"
    "header p { margin: .2em 0 .6em; }\n"
    ".due { text-align: right; font-size: 1.5em; font-weight: bold; }\n"
    ".due small { display: block; font-size: .55em; font-weight: normal;"
    " color: #666; }\n"
    ".draft { color: #a00; border: 1px solid; border-radius: .3em;"
    " padding: 0 .4em; font-size: .6em; vertical-align: middle; }\n"
    "dl { display: grid; grid-template-columns: max-content 1fr;"
    " gap: .1em 1.2em; }\n"
    "dt { color: #666; }\ndd { margin: 0; }\n"
    "table { border-collapse: collapse; width: 100%; margin: 1.5em 0; }\n"
    "th, td { padding: .3em .6em; text-align: right;"
    " border-bottom: 1px solid #ddd; font-variant-numeric: tabular-nums;"
    " white-space: nowrap; }\n"
    "th { border-bottom: 2px solid #888; }\n"
    "th.t, td.t { text-align: left; white-space: normal; }\n"
    "tr.part td { font-weight: bold; background: #f2f4f6; }\n"
    "tfoot td { border: 0; }\n"
    "tfoot tr:first-child td { border-top: 2px solid #888; }\n"
    "tfoot tr:last-child td { font-weight: bold;"
    " border-top: 1px solid #888; }\n"
    "footer { color: #666; font-size: .85em; }\n"
    "@media print { body { margin: 0; max-width: none; }"
    " thead { display: table-header-group; }"
    " tr { page-break-inside: avoid; } }\n"
    "</style>\n";

void
html_text(FILE *file, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", file);
			break;
		case '<':
			fputs("&lt;", file);
			break;
		case '>':
			fputs("&gt;", file);
			break;
		case '"':
			fputs("&quot;", file);
			break;
		case '\'':
			fputs("&#39;", file);
			break;
		default:
			fputc(*text, file);
			break;
		}
	}
}

void
html_begin(FILE *file, const char *title, const char *subtitle)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	      "<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width\">\n"
	      "<title>",
	      file);
	html_text(file, title);
	fputc(' ', file);
	html_text(file, subtitle);
	fprintf(file, "</title>\n%s</head>\n<body>\n", style);
}

void
html_end(FILE *file)
{
	fputs("</body>\n</html>\n", file);
}

void
html_money(FILE *file, money_e8 amount, int decimals)
{
	char out[MONEY_TEXT_MAX];

	fputs(money_format(amount, decimals, out), file);
}

/* What can be paid: INT64_MAX rounds to nothing that fits. */
static money_e8
payable(money_e8 total)
{
	money_e8 due;

	return money_round(total, 2, MONEY_HALF_UP, &due) == 0 ? due : total;
}

void
html_due(FILE *file, money_e8 total, const char *currency)
{
	html_money(file, payable(total), 2);
	fputc(' ', file);
	html_text(file, currency);
}

int
html_decimals(money_e8 amount, int decimals)
{
	money_e8 unit = 1;

	for (int i = decimals; i < 8; i++)
		unit *= 10;
	for (; decimals < 8 && amount % unit != 0; unit /= 10)
		decimals++;
	return decimals;
}

void
html_duration(FILE *file, int64_t us)
{
	int64_t seconds = (us + US_PER_S / 2) / US_PER_S;

	fprintf(file, "%" PRId64 ":%02" PRId64 ":%02" PRId64, seconds / 3600,
		seconds / 60 % 60, seconds % 60);
}

void
html_day(FILE *file, int64_t days)
{
	static const char *const months[] = {
		"January", "February", "March",     "April",
		"May",     "June",     "July",      "August",
		"September", "October", "November", "December",
	};
	int year, month, day;

	date_from_days(days, &year, &month, &day);
	fprintf(file, "%d %s %d", day, months[month - 1], year);
}

void
html_day_of(FILE *file, time_us t, const struct zone *zone,
	    const char *zone_name)
{
	struct zone *own = NULL;
	int32_t second;
	int64_t days;

	if (zone == NULL && zone_new(zone_name, &own) != 0)
		own = NULL; /* UTC */
	zone_local(zone != NULL ? zone : own, t, &days, &second);
	zone_free(own);
	html_day(file, days);
}

void
html_total(FILE *file, int columns, const char *name, money_e8 amount,
	   int decimals)
{
	fprintf(file, "<tr><td class=\"t\" colspan=\"%d\">", columns - 1);
	html_text(file, name);
	fputs("</td><td>", file);
	html_money(file, amount, decimals);
	fputs("</td></tr>\n", file);
}

void
html_totals(FILE *file, int columns, const struct tax_groups *taxes,
	    money_e8 net, money_e8 total, int decimals)
{
	char name[160], percent[MONEY_TEXT_MAX], of[MONEY_TEXT_MAX];

	html_total(file, columns, "Net", net, decimals);
	for (size_t i = 0; i < taxes->n; i++) {
		const struct tax_group *tax = &taxes->items[i];

		if (*tax->name == '\0')
			continue;
		snprintf(name, sizeof(name), "%.80s, %s %% of %s", tax->name,
			 money_format(tax->percent, 0, percent),
			 money_format(tax->net, 2, of));
		html_total(file, columns, name, tax->tax, decimals);
	}
	html_total(file, columns, "Total", total, 2); /* as in the CSV */
	if (payable(total) != total)
		html_total(file, columns, "Amount due, rounded to 2 decimals",
			   payable(total), 2);
}
