/* wordsharvest: the words about the harvest and what it left, as words.h has the others.
 *
 * Prefix: WORDS_
 */
#ifndef WORDSHARVEST_H
#define WORDSHARVEST_H

/* how the harvest fares */
#define WORDS_HARVEST "Harvest"
#define WORDS_HARVEST_STATE "State"
#define WORDS_LAST_SUCCESS "Last success (UTC)"
#define WORDS_AGO " ago"
#define WORDS_NEVER_YET "never yet"
#define WORDS_FETCHED "Fetched"
#define WORDS_TO_COME " still to come in "
#define WORDS_FAILURES "Failures in a row"
#define WORDS_NEXT "Next try (UTC)"
#define WORDS_LOOK_AGAIN "Look again"
#define WORDS_KEEP_LOOKING "Look again every 5 seconds"
#define WORDS_NO_LOOKING "Stop looking again"
#define WORDS_NO_INDEX                                                                      \
	"The index cannot be read, so nothing can be searched. sheaf check-index says what is" \
	" damaged, sheaf reindex makes another index."
#define WORDS_SERVICE "Service"
#define WORDS_READY "All is well."
#define WORDS_HARVEST_RUNS "The harvest runs."
#define WORDS_HARVEST_ELSEWHERE "The harvest is run by another process."
#define WORDS_HARVEST_ENDED "The harvest does not run"
#define WORDS_EXPORTS_ENDED "What makes exports does not run"
#define WORDS_KEEPER_ENDED "What keeps the harvest and the exports running does not run"
#define WORDS_NOT_KEPT                                                                      \
	"Nobody keeps the exports and the harvest running any more: start the server anew."
#define WORDS_ENDED_TIMES ": it ended so many times: "
#define WORDS_STARTED_AGAIN ". It is started again."

/* what could not be searched */
#define WORDS_UNREAD "Not fully searchable"
#define WORDS_UNREAD_HINT                                                                   \
	"These messages are stored whole, but parts of them could not be read: a search in" \
	" these parts does not find them."
#define WORDS_MARKS                                                                         \
	{{"charset", "letters that its character set does not have"},                       \
	 {"encoding", "a transfer encoding that is broken or unknown"},                      \
	 {"depth", "parts within parts, too deep"}, {"parts", "too many parts"},            \
	 {"truncated", "too much text: only the beginning was read"},                        \
	 {"no-body", "parts whose limits are not to be found"}}
#define WORDS_UNREAD_NONE "There are none."
#define WORDS_UNREAD_ALL "all"
#define WORDS_QUARANTINED "not read at all:"

#endif
