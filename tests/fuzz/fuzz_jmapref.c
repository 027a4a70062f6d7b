#include "jmapref.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *o = json_loadb((const char *)data, size, 0, NULL);
	bool twice;
	if (o) {
		json_t *answers = json_array_get(o, 0);
		json_decref(jmapref_resolve(json_array_get(o, 1), answers, &twice));
		json_decref(jmapref_path(o, STR("/*/*/a~1b")));
	}
	json_decref(o);
	return 0;
}
