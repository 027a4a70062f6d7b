/* wordswork: the words for what people do with messages, a part of words.h.
 *
 * Prefix: WORDS_
 */
#ifndef WORDSWORK_H
#define WORDSWORK_H

/* threads, tags, what is done with many messages */
#define WORDS_THREAD "Thread: "
#define WORDS_WHOLE_THREAD "The whole thread as a list"
#define WORDS_THREAD_CUT "(it goes on)"
#define WORDS_TAG "Tag"
#define WORDS_CHANGED "Changed: "
#define WORDS_SO_ALREADY "; the others were so already"
#define WORDS_TAGS "Tags"
#define WORDS_ADD_TAG "Add tag"
#define WORDS_UNTAG "Remove tag"
#define WORDS_MORE_TAGS " more tags"
#define WORDS_BULK "Tag many"
#define WORDS_BULK_EXPORT "Tag or export many"
#define WORDS_WITH "With"
#define WORDS_WITH_SELECTED "the messages selected"
#define WORDS_WITH_ALL "all messages of this list"
#define WORDS_FORMAT "Format"
#define WORDS_EXPORT "Export"

#define WORDS_BELOW "below "
#define WORDS_AND_MORE " and more"

/* exports */
#define WORDS_EXPORTS "Exports"
#define WORDS_EXPORTS_HINT                                                                  \
	"An export is asked for above a list of messages, and made in the background."
#define WORDS_NO_EXPORTS "There are none yet."
#define WORDS_ASKED "Asked for (UTC)"
#define WORDS_QUERY "Query"
#define WORDS_JOB_STATE "State"
#define WORDS_RESULT "Result"
#define WORDS_FILE "File"
#define WORDS_MANIFEST "Manifest"
#define WORDS_CANCEL "Cancel"
#define WORDS_REMOVE "Remove"
#define WORDS_KEPT_TO "kept until "
#define WORDS_AGAIN "Look again"
#define WORDS_ACTION "Action"
#define WORDS_EVERYTHING "(all messages)"

/* saved searches */
#define WORDS_SAVED "Saved searches"
#define WORDS_SAVE "Save this search"
#define WORDS_NAME "Name"
#define WORDS_SAVE_IT "Save"
#define WORDS_FEED "Feed"
#define WORDS_MORE_SAVED " more saved searches"

/* text that HTML hides from its reader */
#define WORDS_HIDDEN "hidden:"
#define WORDS_HIDDEN_TEXT "hidden text"
#define WORDS_HIDES                                                                          \
	"Some words of this message are hidden from whoever reads it as HTML. Here they stand" \
	" behind “hidden:” over a dotted line."
#define WORDS_HIDES_MORE "There are too many of them: the last ones are not marked."

#endif
