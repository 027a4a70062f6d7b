/* wordshelp: the words of the form of fields and of the help, a part of words.h.
 *
 * Prefix: WORDS_
 */
#ifndef WORDSHELP_H
#define WORDSHELP_H

/* the form of fields */
#define WORDS_FIELDS_HINT                                                                   \
	"The form writes a query into the search box. What is empty does not count."
#define WORDS_ALL_WORDS "All of these words"
#define WORDS_PHRASE "Exactly this phrase"
#define WORDS_WITHOUT "None of these words"
#define WORDS_AFTER "On this day or later"
#define WORDS_BEFORE "Before this day"
#define WORDS_LARGER "Larger than (100k, 5M)"
#define WORDS_SMALLER "Smaller than (100k, 5M)"
#define WORDS_STATE "State"
#define WORDS_NOT_OLDER "Not older than"
#define WORDS_WEEK "a week"
#define WORDS_MONTH "a month"
#define WORDS_12_MONTHS "a year"
#define WORDS_5_YEARS "five years"
#define WORDS_FILE_NAME "Name of a file"
#define WORDS_NOT_ASKED "with or without"

/* the help */
#define WORDS_H_TITLE "What to type"
#define WORDS_H_INTRO                                                                       \
	"Whatever is typed is searched for; what was not understood as meant is said above" \
	" the results, with its place. Case does not count."
#define WORDS_H_EXAMPLES "Examples"
#define WORDS_H_BOTH "messages with both words"
#define WORDS_H_PHRASE "with exactly this phrase"
#define WORDS_H_FIELD "in that field only"
#define WORDS_H_DATE "by the date of the message"
#define WORDS_H_NOT "without a word"
#define WORDS_H_OR "one or the other"
#define WORDS_H_STAR "words that begin so"
#define WORDS_H_NEAR "within five words of each other"
#define WORDS_H_GROUP "from one or the other, with a file of that kind"
#define WORDS_H_OTHERS "Other names of fields"
#define WORDS_H_FIELDS "Fields, and what follows them"
#define WORDS_H_IMAP                                                                        \
	"Under Options, the language IMAP SEARCH takes the criteria of RFC 9051, such as"   \
	" <code>FROM \"ann\" SINCE 1-Feb-2020 NOT SEEN</code>:"
#define WORDS_H_KEYS "Keys"
#define WORDS_H_KEYS_TEXT                                                                   \
	"<kbd>/</kbd> goes to the search box, <kbd>j</kbd> and <kbd>k</kbd> to the next and" \
	" the previous message, <kbd>o</kbd> opens it, <kbd>x</kbd> selects it,"            \
	" <kbd>u</kbd> goes back to the list. <kbd>?</kbd> lists them, and turns them off."
#define WORDS_H_PROGRAMS "Programs"
#define WORDS_H_PROGRAMS_TEXT "Programs ask <code>/api/v1/search?q=…</code>."

#endif
