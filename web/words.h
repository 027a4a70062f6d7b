/* words: what the pages say, in one place: a translation is another file of this shape.
 *
 * Shape: string literals, so that they can stand inside others in MARKUP. They are markup:
 *   what must be escaped in HTML is escaped here.
 */
#ifndef WORDS_H
#define WORDS_H

#include "wordshelp.h"
#include "wordswork.h"

/* the frame */
#define WORDS_TONGUE "en"
#define WORDS_PLACES "Places"
#define WORDS_BOX "Search box"
#define WORDS_IMAP "IMAP SEARCH"
#define WORDS_NEWEST "Newest first"
#define WORDS_SAME_TEXT "same text as before"
#define WORDS_CONTAINED "quoted whole later"
#define WORDS_QUOTED " quoted lines"
#define WORDS_RELEVANT "Best first"
#define WORDS_RECENT "Best first, rather newer"
#define WORDS_OLDEST "Oldest first"
#define WORDS_LARGEST "Largest first"
#define WORDS_SKIP "To the content"
#define WORDS_SEARCH_LABEL "Search mail"
#define WORDS_SEARCH "Search"
#define WORDS_OPTIONS "Options"
#define WORDS_LANGUAGE "Language"
#define WORDS_ORDER "Order"
#define WORDS_ACCOUNT "Account"
#define WORDS_MAILBOX "Mailbox"
#define WORDS_ANY "any"
#define WORDS_FIELDS "Fields"
#define WORDS_ACCOUNTS "Accounts"
#define WORDS_HELP "Help"
#define WORDS_AUDIT "Audit log"
#define WORDS_SESSIONS "Where you are logged in"
#define WORDS_LOG_OUT "Log out"

/* the folders */
#define WORDS_FOLDERS "Folders"
#define WORDS_ALL_MAIL "All mail"
#define WORDS_MORE_FOLDERS " more"
#define WORDS_ITSELF "(itself)"

/* the list */
#define WORDS_SELECT "Select"
#define WORDS_FROM "From"
#define WORDS_TO "To"
#define WORDS_CC "Cc"
#define WORDS_SUBJECT "Subject"
#define WORDS_DATE "Date"
#define WORDS_SIZE "Size"
#define WORDS_RESULTS "Messages found"
#define WORDS_MESSAGES "Messages"
#define WORDS_NO_SUBJECT "(no subject)"
#define WORDS_NO_SENDER "no sender"
#define WORDS_NO_DATE "no date"
#define WORDS_ARRIVED "arrived "
#define WORDS_AND_OTHERS " and others"
#define WORDS_ATTACHED " attached"
#define WORDS_PARTLY "not fully searchable"
#define WORDS_FOUND_IN "found in "
#define WORDS_ITS_TEXT "its text"
#define WORDS_OUTCOMES                                                                       \
	{"", "text searched", "holds no text", "encrypted", "searched in part",              \
	 "too big to be searched", "could not be read", "of no type that is searched"}
#define WORDS_BAD_QUERY "The query cannot be read"
#define WORDS_NOTHING "Nothing matches. Fewer words find more."
#define WORDS_MEANT "Did you mean"
#define WORDS_NOTHING_HERE "There is nothing here."
#define WORDS_THE_END " (the end)"
#define WORDS_COUNT_ALL "count them all"
#define WORDS_OLD_GRAMMAR "may be read differently now: look, and save it again"
#define WORDS_TO_SEARCH "Back to the search"
#define WORDS_REQUEST "Request "
#define WORDS_PAGES "Pages"
#define WORDS_PAGE_SIZE "Rows on a page"
#define WORDS_FIRST_PAGE "First page"
#define WORDS_NEXT_PAGE "Next page"
#define WORDS_EVERYWHERE "Search everywhere"
#define WORDS_IN "in "
#define WORDS_TO_FOLDERS "Folders ↓"
#define WORDS_SORTED_SOME "Only the newest of what was found are sorted so: "
#define WORDS_BEHIND "The index is behind: "
#define WORDS_BEHIND_ONE " message is stored but not in it yet."
#define WORDS_BEHIND_MANY " messages are stored but not in it yet."
#define WORDS_UNSEARCHED "Not searched: "
#define WORDS_UNSEARCHED_ONE " message that is not in the index."
#define WORDS_UNSEARCHED_MANY " messages that are not in the index."
#define WORDS_PARTIAL " in the archive could not be searched fully (broken encodings, limits)."
#define WORDS_TIME_UP "Time was up before the search had come to its end: there may be more."
#define WORDS_COUNT_TIME_UP "Time was up before all were counted."
#define WORDS_RETURN "RETURN is for programs; expected a query without it"
#define WORDS_ONE_MESSAGE " message"
#define WORDS_MANY_MESSAGES " messages"
#define WORDS_AT_LEAST "at least "
#define WORDS_MORE_THAN "more than "
#define WORDS_OF " of "
#define WORDS_COLUMN " (column "
#define WORDS_EMPTY_HINT                                                                    \
	"Mail comes in by <code>sheaf harvest</code>, from servers, and by"                 \
	" <code>sheaf import</code>, from files. <a href=\"/help\">What to type</a> says how to" \
	" search in it."
#define WORDS_EMPTY "The archive is still empty"
#define WORDS_SELECTED " selected"
#define WORDS_CLEAR "Clear"

#define WORDS_REFINE "Narrow down"
#define WORDS_NO_REFINE "Hide what narrows down"
#define WORDS_REFINE_STOPPED "Time was up: there are at least so many."
#define WORDS_TAKE_BACK "Take back: "
#define WORDS_DOMAIN "From the domain"
#define WORDS_YEAR "Year"
#define WORDS_KINDS                                                                          \
	{{"attachment", "any"}, {"pdf", "PDF"}, {"document", "documents"},                   \
	 {"spreadsheet", "spreadsheets"}, {"presentation", "presentations"},                 \
	 {"image", "images"}, {"audio", "sound"}, {"video", "videos"},                       \
	 {"archive", "archives (zip, gz …)"}, {"calendar", "appointments"},                  \
	 {"contact", "contacts"}, {"message", "messages"}}
#define WORDS_TIMELINE "Timeline"
#define WORDS_NO_TIMELINE "Hide the timeline"
#define WORDS_TIMELINE_STOPPED "Time was up: counted back to "
#define WORDS_AS_TABLE "As a table"

/* one message */
#define WORDS_MESSAGE "Message"
#define WORDS_CLOSE "Close"
#define WORDS_BACK "← Results"
#define WORDS_ALONE "Open by itself"
#define WORDS_ORIGINAL "Original message (.eml)"
#define WORDS_LINK "Link"
#define WORDS_NO_SUCH_DATE "none that can be read"
#define WORDS_NOT_READ "This message could not be read fully: "
#define WORDS_BEGINNING "only its beginning is shown"
#define WORDS_TEXT "Text"
#define WORDS_HTML "HTML"
#define WORDS_VIEW "View"
#define WORDS_AS_HTML "The message as HTML"
#define WORDS_NO_TEXT "(no text)"
#define WORDS_HITS "Places found in the text: "
#define WORDS_MORE_PEOPLE " more"
#define WORDS_ATTACHMENTS "Attachments"
#define WORDS_NO_NAME "(no name)"
#define WORDS_ALL_HEADERS "All headers"
#define WORDS_UID "UID"
#define WORDS_ARRIVAL "Arrived"
#define WORDS_FLAGS "Flags"
#define WORDS_VANISHED "Vanished"
#define WORDS_GONE_MESSAGE "There is no such message any more."

/* the accounts */
#define WORDS_MAILBOXES "Mailboxes"
#define WORDS_FAILED "Failed so far"
#define WORDS_REFUSED "Refused"
#define WORDS_GONE "Gone before it was fetched"
#define WORDS_NOT_STORED "Not stored"
#define WORDS_NOT_STORED_TITLE "What the server had and the archive has not"
#define WORDS_OUTCOME "What became of it"
#define WORDS_REASON "Reason"
#define WORDS_NEXT_TRY ", next try "
#define WORDS_LISTED "Last visit (UTC)"
#define WORDS_WHICH "Which?"
#define WORDS_INDEXED_ALL "The index holds all messages."

#endif
