/* shipper.c - all journals of a directory, one batch each at a time */
#include "acct/shipper.h"

#include <errno.h>
#include <string.h>

#include "acct/journal_pack.h"
#include "acct/source.h"
#include "base/alloc.h"
#include "base/err.h"

#define DEFAULT_BATCH 32768
#define PRUNE_INTERVAL_US (60 * US_PER_S)

struct shipper {
	struct shipper_settings settings;
	struct shipping shipping;
	struct source *sources;
	size_t n_sources, cap_sources;
	bool
	    is_unlisted; /* the directory cannot be read, and that was logged */
	time_us pruned_at;
};

int
shipper_new(const struct shipper_settings *settings, struct log *log,
	    struct shipper **out)
{
	struct shipper *shipper = mem_zalloc(1, sizeof(*shipper));
	size_t n = settings->batch_events;
	int err;

	if (shipper == NULL)
		return ERR_NOMEM;
	shipper->settings = *settings;
	shipper->shipping.directory = settings->directory;
	shipper->shipping.batch_events = n > 0 ? n : DEFAULT_BATCH;
	shipper->shipping.reads_fronts = settings->reads_fronts;
	shipper->shipping.log = log;
	clock_init_system(&shipper->shipping.clock);
	err = batch_init(&shipper->shipping.batch);
	if (err != 0) {
		shipper_free(shipper);
		return err;
	}
	*out = shipper;
	return 0;
}

void
shipper_free(struct shipper *shipper)
{
	if (shipper == NULL)
		return;
	for (size_t i = 0; i < shipper->n_sources; i++)
		source_close(&shipper->sources[i]);
	batch_fini(&shipper->shipping.batch);
	mem_free(shipper->sources);
	mem_free(shipper);
}

/* --- sources --- */

static struct source *
find_source(const struct shipper *shipper, const struct journal_source *id)
{
	for (size_t i = 0; i < shipper->n_sources; i++) {
		struct source *source = &shipper->sources[i];

		if (source->id.worker == id->worker &&
		    strcmp(source->id.node, id->node) == 0)
			return source;
	}
	return NULL;
}

static int
add_source(struct shipper *shipper, const struct journal_source *id)
{
	struct source *source = find_source(shipper, id);

	if (source != NULL) {
		source->id = *id;
		return 0;
	}
	if (mem_grow((void **)&shipper->sources, &shipper->cap_sources,
		     shipper->n_sources, sizeof(*source)) != 0)
		return ERR_NOMEM;
	source = &shipper->sources[shipper->n_sources++];
	*source = (struct source){ .id = *id,
				   .limit = shipper->shipping.batch_events };
	return 0;
}

static int
find_sources(struct shipper *shipper)
{
	const char *node = shipper->settings.node;
	struct journal_source *ids;
	size_t n;
	int err = journal_list(shipper->settings.directory, &ids, &n);

	if (err != 0)
		return err;
	for (size_t i = 0; i < n && err == 0; i++) {
		if (node == NULL || strcmp(ids[i].node, node) == 0)
			err = add_source(shipper, &ids[i]);
	}
	mem_free(ids);
	return err;
}

/* --- all of them --- */

static void
prune(struct shipper *shipper)
{
	time_us now = clock_wall(&shipper->shipping.clock);
	bool is_due = now - shipper->pruned_at >= PRUNE_INTERVAL_US ||
		      now < shipper->pruned_at;

	if (is_due)
		shipper->pruned_at = now;
	for (size_t i = 0; i < shipper->n_sources; i++) {
		struct source *source = &shipper->sources[i];
		int64_t keep = source->committed.segment;

		if (!source->is_sure ||
		    (keep == source->pruned_before && !is_due))
			continue;
		journal_prune(shipper->settings.directory, &source->id, keep,
			      shipper->settings.retain_s);
		source->pruned_before = keep;
	}
}

/* One segment at a time, and none while there is something to ship. */
static void
pack(struct shipper *shipper)
{
	for (size_t i = 0; i < shipper->n_sources; i++) {
		struct source *source = &shipper->sources[i];
		int err, n;

		if (!source->is_sure ||
		    source->committed.segment == source->packed_before)
			continue;
		err = journal_pack(shipper->settings.directory, &source->id,
				   source->committed.segment, &n);
		if (err != 0)
			log_warning(shipper->shipping.log,
				    "journal %s.%d: cannot be compressed: %s",
				    source->id.node, source->id.worker,
				    err == ERR_IO ? strerror(errno)
						  : err_text(err));
		if (n == 0)
			source->packed_before = source->committed.segment;
		shipper->shipping.counters.packed += (uint64_t)n;
	}
}

static int
ship_all(struct shipper *shipper, struct store *store, size_t *n_out)
{
	int io_err = 0;

	for (size_t i = 0; i < shipper->n_sources; i++) {
		struct source *source = &shipper->sources[i];
		size_t n;
		int err = source_ship(&shipper->shipping, source, store, &n);

		*n_out += n;
		if (err != 0 && err != ERR_IO)
			return err;
		if (err == ERR_IO && !source->is_unreadable)
			log_error(shipper->shipping.log,
				  "journal %s.%d: cannot be read: %s",
				  source->id.node, source->id.worker,
				  strerror(errno));
		source->is_unreadable = err == ERR_IO;
		if (err == ERR_IO)
			io_err = err;
	}
	return io_err;
}

int
shipper_run(struct shipper *shipper, struct store *store, size_t *n_out)
{
	int err = find_sources(shipper);

	*n_out = 0;
	if (err == ERR_IO && !shipper->is_unlisted)
		log_error(shipper->shipping.log,
			  "journal in %s: cannot be listed: %s",
			  shipper->settings.directory, strerror(errno));
	shipper->is_unlisted = err == ERR_IO;
	if (err == 0)
		err = ship_all(shipper, store, n_out);
	if (err != 0)
		shipper->shipping.counters.failures++;
	prune(shipper);
	if (shipper->settings.packs && *n_out < shipper->shipping.batch_events)
		pack(shipper);
	return err;
}

void
shipper_doubt(struct shipper *shipper)
{
	for (size_t i = 0; i < shipper->n_sources; i++)
		shipper->sources[i].is_sure = false;
}

const struct shipper_counters *
shipper_counters(const struct shipper *shipper)
{
	return &shipper->shipping.counters;
}

int64_t
shipper_backlog(struct shipper *shipper, bool *is_exact)
{
	static const struct journal_position beginning = { 0 };
	const char *directory = shipper->settings.directory;
	int64_t bytes = 0;

	*is_exact = find_sources(shipper) == 0;
	for (size_t i = 0; i < shipper->n_sources; i++) {
		const struct source *source = &shipper->sources[i];

		if (source->is_known) {
			bytes += journal_bytes_from(directory, &source->id,
						    &source->committed, 0);
			continue;
		}
		*is_exact = false;
		bytes += journal_bytes_from(directory, &source->id, &beginning,
					    shipper->settings.retain_s);
	}
	return bytes;
}

int64_t
shipper_next_seqs(const struct shipper *shipper, int n_workers)
{
	int64_t sum = 0;
	int n = 0;

	for (size_t i = 0; i < shipper->n_sources; i++) {
		const struct source *source = &shipper->sources[i];

		if (!source->is_known || source->id.worker >= n_workers)
			continue;
		/* the first record of a journal is number 1 */
		sum += source->committed.seq > 0 ? source->committed.seq : 1;
		n++;
	}
	return n == n_workers ? sum : -1;
}
