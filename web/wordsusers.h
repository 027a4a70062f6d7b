/* wordsusers: the words of the pages about users, as words.h has those of the others.
 *
 * Prefix: WORDS_
 */
#ifndef WORDSUSERS_H
#define WORDSUSERS_H

#define WORDS_USERS "Users"
#define WORDS_ROLE "Role"
#define WORDS_LOGIN "Login by"
#define WORDS_PASSWORD "Password"
#define WORDS_NEW_PASSWORD "New password, at least 8 characters"
#define WORDS_FIRST_PASSWORD "Password, at least 8 characters; none: the login comes from elsewhere"
#define WORDS_SECOND_FACTOR "Second factor"
#define WORDS_MADE "Since"
#define WORDS_MADE_AT "Since (UTC)"
#define WORDS_DISABLED "disabled"
#define WORDS_NO_USERS                                                                      \
	"There are no users yet: whoever can reach the service on this machine is its"      \
	" owner. With the first user everybody must log in; let that one be an owner."
#define WORDS_USERS_HINT                                                                    \
	"A reader searches, reads and tags in the accounts given, an investigator exports"  \
	" as well. An administrator manages users and sees the audit log, and reads no"     \
	" mail. An owner may do everything. Changes count from the next request on."
#define WORDS_ADD_USER "Add a user"
#define WORDS_READS_IN "Accounts, with commas between them (* and ? are wild)"
#define WORDS_RIGHTS "Role and accounts"
#define WORDS_CHANGE "Change"
#define WORDS_SET_PASSWORD "Set the password"
#define WORDS_LOGS_OUT "A new password ends all sessions."
#define WORDS_DISABLE "Disable"
#define WORDS_ENABLE "Enable"
#define WORDS_DISABLE_HINT                                                                  \
	"Whoever is disabled cannot come in, by no way; tokens do nothing."
#define WORDS_REMOVE_USER "Remove for ever"
#define WORDS_TURN_ON "Turn on"
#define WORDS_TURN_OFF "Turn off"
#define WORDS_ANEW "Make a new key"
#define WORDS_IS_ON "It is on."
#define WORDS_IS_OFF "It is off."
#define WORDS_TOTP_SHOWN                                                                    \
	"Give this address to an authenticator. It is not shown again."
#define WORDS_CODES_SHOWN "Each of these codes works once in place of one of its:"
#define WORDS_TOKENS "Tokens for programs"
#define WORDS_TOKEN_SHOWN "This is the token. It is not shown again."
#define WORDS_TOKEN "Token"
#define WORDS_MAKE_TOKEN "Make a token"
#define WORDS_SCOPE "Scope"
#define WORDS_NOTE "What it is for"
#define WORDS_DAYS "Good for so many days (empty: for ever)"
#define WORDS_EXPIRES "Expires"
#define WORDS_NEVER "never"
#define WORDS_REVOKE "Revoke"
#define WORDS_SESSIONS_OF "Sessions"
#define WORDS_LAST_USED "Last used (UTC)"
#define WORDS_FROM_WHERE "From"
#define WORDS_END "End"
#define WORDS_NONE "none"
#define WORDS_NOT_ONESELF                                                                   \
	"This is you: role, accounts, and whether you may come in somebody else changes."

#endif
