/* proto.c - errors that end a session */
#include "trip/proto.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"

int
trip_error_set(struct trip_error *error, int code, int subcode,
	       const void *data, size_t data_len)
{
	error->code = (uint8_t)code;
	error->subcode = (uint8_t)subcode;
	error->data = data;
	error->data_len = data_len;
	return ERR_SYNTAX;
}

int
trip_error_set_small(struct trip_error *error, int code, int subcode,
		     const void *data, size_t data_len)
{
	assert(data_len <= sizeof(error->small));
	if (data_len > 0)
		memcpy(error->small, data, data_len);
	return trip_error_set(error, code, subcode, NULL, data_len);
}

const uint8_t *
trip_error_data(const struct trip_error *error)
{
	return error->data != NULL ? error->data : error->small;
}
