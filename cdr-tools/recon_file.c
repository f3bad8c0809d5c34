/* recon_file.c - a carrier's file, by the names of its columns */
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "cdr-tools/recon.h"

#define MAX_REPORTED 20
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const field_names[] = {
	[RECON_CALLED] = "called",
	[RECON_CALLER] = "caller",
	[RECON_TIME] = "time",
	[RECON_DURATION_FIELD] = "duration",
	[RECON_BILLED] = "billed",
	[RECON_AMOUNT] = "amount",
	[RECON_RATE_FIELD] = "rate",
	[RECON_CALL_ID] = "call_id",
};

/* What carriers call them, best first; letters and digits count only. */
static const char *const usual[RECON_N_FIELDS][16] = {
	[RECON_CALLED] = { "called", "callednumber", "destinationnumber",
			   "dialednumber", "diallednumber", "number", "callee",
			   "cld", "dst", "bnumber", "to", "did", "destination",
			   NULL },
	[RECON_CALLER] = { "caller", "callingnumber", "callerid",
			   "calleridnumber", "cli", "src", "anumber", "ani",
			   "from", "source", NULL },
	[RECON_TIME] = { "answertime", "answerstamp", "answer", "connecttime",
			 "connect", "datetimeutc", "starttime", "startstamp",
			 "calltime", "start", "datetime", "calldate", "date",
			 "time", NULL },
	[RECON_DURATION_FIELD] = { "duration", "durationsecs", "durationsec",
				   "durations", "billsec", "callduration",
				   "seconds", "length", NULL },
	[RECON_BILLED] = { "billedseconds", "billedduration", "chargedduration",
			   "billed", "chargedseconds", "roundedduration",
			   NULL },
	[RECON_AMOUNT] = { "amount", "amountusd", "amounteur", "cost", "charge",
			   "charges", "price", "total", "net", NULL },
	[RECON_RATE_FIELD] = { "rate", "rateperminute", "ratemin", "perminute",
			       "priceperminute", NULL },
	[RECON_CALL_ID] = { "callid", "sipcallid", "uuid", "uniqueid", NULL },
};

static const struct {
	const char *name;
	struct recon_format format;
} presets[] = {
	{ "didww",
	  { .columns = { [RECON_CALLED] = "Destination",
			 [RECON_CALLER] = "Source",
			 [RECON_TIME] = "Date/Time (UTC)",
			 [RECON_DURATION_FIELD] = "Duration (secs)",
			 [RECON_AMOUNT] = "Amount (USD)" },
	    .decimal = '.' } },
	{ "sinch",
	  { .columns = { [RECON_CALLED] = "To",
			 [RECON_CALLER] = "From",
			 [RECON_TIME] = "AnswerTime",
			 [RECON_DURATION_FIELD] = "Duration",
			 [RECON_AMOUNT] = "Amount",
			 [RECON_CALL_ID] = "CallId" } } },
	{ "freeswitch",
	  { .columns = { [RECON_CALLED] = "destination_number",
			 [RECON_CALLER] = "caller_id_number",
			 [RECON_TIME] = "answer_stamp",
			 [RECON_DURATION_FIELD] = "billsec" },
	    .decimal = '.' } },
	{ "asterisk",
	  { .columns = { [RECON_CALLED] = "dst",
			 [RECON_CALLER] = "src",
			 [RECON_TIME] = "answer",
			 [RECON_DURATION_FIELD] = "billsec" },
	    .decimal = '.' } },
};
const char recon_preset_names[] = "didww, sinch, freeswitch or asterisk";

int
recon_field_parse(struct str text, enum recon_field *out)
{
	for (unsigned i = 0; i < RECON_N_FIELDS; i++) {
		if (str_eq_text(text, field_names[i])) {
			*out = (enum recon_field)i;
			return 0;
		}
	}
	return ERR_SYNTAX;
}

const struct recon_format *
recon_preset(struct str name)
{
	for (size_t i = 0; i < COUNT(presets); i++) {
		if (str_eq_text(name, presets[i].name))
			return &presets[i].format;
	}
	return NULL;
}

struct reader {
	struct recon *recon;
	const struct recon_format *format;
	FILE *report;
	struct csv_error *error;
	int at[RECON_N_FIELDS]; /* column, or -1 */
	uint64_t n_reported;
	char decimal; /* that amounts have had so far, or 0 */
	size_t decimal_line;
};

/* The next letter or digit from *i on, small; letters beyond ASCII octet by
 * octet as they are; '\0' at the end. */
static char
next_plain(struct str text, size_t *i)
{
	while (*i < text.len) {
		char c = text.p[(*i)++];

		if (c >= 'A' && c <= 'Z')
			return (char)(c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		    (unsigned char)c >= 0x80)
			return c;
	}
	return '\0';
}

static bool
same_name(struct str a, const char *b)
{
	struct str other = str_of(b);
	size_t i = 0, k = 0;
	char x, y;

	do {
		x = next_plain(a, &i);
		y = next_plain(other, &k);
	} while (x == y && x != '\0');
	return x == y;
}

static int
find_column(const struct csv_row *row, const char *name)
{
	for (size_t i = 0; i < row->n_columns; i++) {
		if (same_name(row->columns[i], name))
			return (int)i;
	}
	return -1;
}

/* Columns that mean nothing here, in one line. */
static void
tell_others(const struct reader *reader, const struct csv_row *row)
{
	struct csv_error error;
	char names[200];
	size_t len = 0;

	for (size_t i = 0; i < row->n_columns; i++) {
		bool is_used = false;

		for (unsigned f = 0; f < RECON_N_FIELDS; f++)
			is_used |= reader->at[f] == (int)i;
		if (is_used || len >= sizeof(names))
			continue;
		len += (size_t)snprintf(names + len, sizeof(names) - len,
					"%s%.*s", len > 0 ? ", " : "",
					STR_ARG(row->columns[i]));
	}
	if (len == 0)
		return;
	csv_row_error(row, &error, NULL, "note: not looked at: %s%s", names,
		      len >= sizeof(names) ? "..." : "");
	fprintf(reader->report, "%s\n", error.text);
}

/* Where the fields are: those that are asked for by name must be there. */
static int
take_header(struct reader *reader, const struct csv_row *row)
{
	for (unsigned f = 0; f < RECON_N_FIELDS; f++) {
		const char *asked = reader->format->columns[f];

		reader->at[f] = -1;
		for (size_t i = 0; asked == NULL && usual[f][i] != NULL &&
				   reader->at[f] < 0;
		     i++)
			reader->at[f] = find_column(row, usual[f][i]);
		if (asked == NULL)
			continue;
		reader->at[f] = find_column(row, asked);
		if (reader->at[f] < 0)
			return csv_row_error(row, reader->error, NULL,
					     "there is no column \"%s\"", asked);
	}
	for (unsigned f = 0; f < RECON_N_FIELDS; f++) {
		bool needed = f == RECON_CALLED || f == RECON_TIME ||
			      f == RECON_DURATION_FIELD;

		if (needed && reader->at[f] < 0)
			return csv_row_error(row, reader->error, NULL,
					     "no column is known as %s, "
					     "expected one; name it with "
					     "--columns %s=NAME",
					     field_names[f], field_names[f]);
	}
	tell_others(reader, row);
	return 0;
}

static struct str
field(const struct reader *reader, const struct csv_row *row,
      enum recon_field f)
{
	int at = reader->at[f];

	return at < 0 || (size_t)at >= row->n_fields
		   ? str_make("", 0)
		   : str_trim(row->fields[at]);
}

/* Leave a row out, and say so. */
static int
refuse(struct reader *reader, const struct csv_row *row, enum recon_field f,
       const char *expected)
{
	struct csv_error error;
	struct str text = field(reader, row, f);

	reader->recon->bad_rows++;
	if (reader->n_reported++ >= MAX_REPORTED)
		return 0;
	csv_row_error(row, &error, field_names[f], "\"%.*s\", expected %s",
		      text.len < 60 ? (int)text.len : 60, text.p, expected);
	fprintf(reader->report, "%s\n", error.text);
	return 0;
}

/* FNV-1a: strangers cannot gain from collisions here but a wrong pair, which
 * the number then refutes. */
static uint64_t
hash_id(struct str text)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.p[i]) *
		       UINT64_C(1099511628211);
	return text.len > 0 && hash != 0 ? hash : text.len > 0;
}

static int
add(struct recon_side *side, const struct recon_call *call)
{
	int err = mem_grow((void **)&side->calls, &side->cap, side->n,
			   sizeof(*side->calls));

	if (err == 0)
		side->calls[side->n++] = *call;
	return err;
}

/*
 * "1.234" is read as a little over one where decimals begin with a point; in a
 * file that has "0,02" too it would be a thousand times too small. So all amounts
 * of a file have to agree, or the file is not read on.
 */
static int
check_decimal(struct reader *reader, const struct csv_row *row,
	      enum recon_field f)
{
	struct str text = field(reader, row, f);
	char decimal = reader->format->decimal != '\0'
			   ? '\0'
			   : recon_money_decimal(text);

	if (decimal == '\0')
		return 0;
	if (reader->decimal == '\0') {
		reader->decimal = decimal;
		reader->decimal_line = row->line;
	}
	if (decimal == reader->decimal)
		return 0;
	return csv_row_error(row, reader->error, field_names[f],
			     "\"%.*s\" has a '%c' where line %zu has a '%c', "
			     "expected one of them before decimals; --decimal "
			     "says which",
			     text.len < 60 ? (int)text.len : 60, text.p,
			     decimal, reader->decimal_line, reader->decimal);
}

/* What money columns there are: false after refuse. */
static bool
take_money(struct reader *reader, const struct csv_row *row,
	   struct recon_call *call)
{
	static const char expected[] =
	    "an amount; --decimal says what its decimals begin with";
	struct str amount = field(reader, row, RECON_AMOUNT);
	struct str rate = field(reader, row, RECON_RATE_FIELD);
	char decimal = reader->format->decimal;

	call->has_amount = amount.len > 0;
	if (call->has_amount &&
	    recon_money(amount, decimal, &call->amount) != 0) {
		refuse(reader, row, RECON_AMOUNT, expected);
		return false;
	}
	call->has_rate = rate.len > 0;
	if (call->has_rate && recon_money(rate, decimal, &call->rate) != 0) {
		refuse(reader, row, RECON_RATE_FIELD, expected);
		return false;
	}
	return true;
}

/* Durations, whole seconds where billed. */
static bool
take_durations(struct reader *reader, const struct csv_row *row,
	       struct recon_call *call)
{
	struct str billed = field(reader, row, RECON_BILLED);
	int64_t us;

	if (recon_duration(field(reader, row, RECON_DURATION_FIELD),
			   &call->duration_us) != 0) {
		refuse(reader, row, RECON_DURATION_FIELD,
		       "seconds or h:mm:ss, not negative");
		return false;
	}
	if (billed.len == 0)
		return true;
	if (recon_duration(billed, &us) != 0) {
		refuse(reader, row, RECON_BILLED, "seconds or h:mm:ss");
		return false;
	}
	call->has_billed = true;
	call->billed_s = us / US_PER_S;
	return true;
}

static int
take_row(struct reader *reader, const struct csv_row *row)
{
	struct recon_call call = { .line = row->line, .match = RECON_NONE };

	int err = check_decimal(reader, row, RECON_AMOUNT);

	if (err == 0)
		err = check_decimal(reader, row, RECON_RATE_FIELD);
	if (err != 0)
		return err;
	if (row->n_fields < row->n_columns)
		return refuse(reader, row, RECON_CALLED,
			      "a field for each column of the header");
	if (!take_durations(reader, row, &call) ||
	    !take_money(reader, row, &call))
		return 0;
	if (call.duration_us == 0 && call.amount == 0) {
		reader->recon->unanswered++;
		return 0;
	}
	if (recon_number(field(reader, row, RECON_CALLED), &call.called) != 0)
		return refuse(reader, row, RECON_CALLED, "a number");
	if (recon_time(field(reader, row, RECON_TIME), reader->format->dates,
		       reader->format->zone, &call.time, &call.again_us) != 0)
		return refuse(reader, row, RECON_TIME,
			      "a date and time; --dates says whether the day or "
			      "the month comes first");
	(void)recon_number(field(reader, row, RECON_CALLER), &call.caller);
	call.call_id = hash_id(field(reader, row, RECON_CALL_ID));
	return add(&reader->recon->theirs, &call);
}

static int
on_row(void *arg, const struct csv_row *row)
{
	struct reader *reader = arg;

	return row->fields == row->columns ? take_header(reader, row)
					   : take_row(reader, row);
}

static int
finish(struct reader *reader, int err)
{
	if (reader->n_reported > MAX_REPORTED)
		fprintf(reader->report, "and %" PRIu64 " more rows\n",
			reader->n_reported - MAX_REPORTED);
	return err;
}

int
recon_read_file(struct recon *recon, const char *path,
		const struct recon_format *format, FILE *report,
		struct csv_error *error)
{
	struct reader reader = { .recon = recon,
				 .format = format,
				 .report = report,
				 .error = error };

	return finish(&reader, csv_read_file(path, on_row, &reader, error));
}

int
recon_read_text(struct recon *recon, struct str text,
		const struct recon_format *format, FILE *report,
		struct csv_error *error)
{
	struct reader reader = { .recon = recon,
				 .format = format,
				 .report = report,
				 .error = error };

	return finish(&reader,
		      csv_read_text("text", text, on_row, &reader, error));
}

static const char calls_sql[] =
    "SELECT id, number, caller, call_id, answer_time, duration_us, buy_amount,"
    " buy_rate, buy_seconds FROM cdr WHERE carrier = ? AND answer_time >= ?"
    " AND answer_time < ? AND status IN ('answered', 'swept')"
    " AND duration_us <> 0";

static struct recon_call
our_call(struct store_stmt *stmt)
{
	struct recon_call call = {
		.line = (size_t)store_col_int(stmt, 0),
		.call_id = hash_id(store_col_text(stmt, 3)),
		.time = store_col_time(stmt, 4),
		.duration_us = store_col_int(stmt, 5),
		.has_amount = !store_col_is_null(stmt, 6),
		.amount = store_col_money(stmt, 6),
		.has_rate = !store_col_is_null(stmt, 7),
		.rate = store_col_money(stmt, 7),
		.has_billed = !store_col_is_null(stmt, 8),
		.billed_s = store_col_int(stmt, 8),
		.match = RECON_NONE,
	};

	if (!store_col_is_null(stmt, 1))
		(void)recon_number(store_col_text(stmt, 1), &call.called);
	if (!store_col_is_null(stmt, 2))
		(void)recon_number(store_col_text(stmt, 2), &call.caller);
	return call;
}

int
recon_read_store(struct recon *recon, struct store *store, const char *carrier,
		 time_us from, time_us until)
{
	const struct store_value params[] = { store_text(carrier),
					      store_time(from),
					      store_time(until) };
	struct store_stmt *stmt;
	int err = store_prepare(store, calls_sql, &stmt);

	if (err != 0)
		return err;
	err = store_start(stmt, params, 3);
	while (err == 0) {
		struct recon_call call;

		err = store_next(stmt);
		if (err != 0)
			break;
		call = our_call(stmt);
		err = add(&recon->ours, &call);
	}
	store_finish(stmt);
	return err == ERR_END ? 0 : err;
}

void
recon_init(struct recon *recon)
{
	memset(recon, 0, sizeof(*recon));
}

void
recon_fini(struct recon *recon)
{
	mem_free(recon->ours.calls);
	mem_free(recon->theirs.calls);
	memset(recon, 0, sizeof(*recon));
}
