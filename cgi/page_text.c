/* The languages, and every message in each of them (text.def). */
#include <string.h>

#include "cgi/app.h"
#include "cgi/page.h"

const char *const page_langs[] = {"en", "ko"};
const size_t page_n_langs = sizeof(page_langs) / sizeof(page_langs[0]);

static const struct {
	const char *key, *text[2];
} words[] = {
#define X(key, en, ko) {#key, {en, ko}},
#include "cgi/text.def"
#undef X
};

static int
word_find(const char *key)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].key, key) == 0)
			return (int)i;
	return -1;
}

static const char *
word_text(int word, int lang)
{
	if (lang < 0 || (size_t)lang >= page_n_langs)
		lang = 0;
	return words[word].text[lang];
}

const struct template_words page_words = {word_find, word_text};

const char *
page_say(int lang, enum text t)
{
	return word_text((int)t, lang);
}

bool
page_has(const char *key)
{
	return word_find(key) >= 0;
}
