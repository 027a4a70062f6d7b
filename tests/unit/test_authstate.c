#include "t.h"

#include "authstate.h"
#include "file.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct authstate s, back;

int main(void)
{
	struct arena a = {0};
	struct err err = {0};
	struct stat st;
	int fd;
	const char *dir = t_dir();
	T_STR(authstate_path(&a, "/d", STR("alice@example.org"), STR("")),
	      STR("/d/auth/alice@example.org.json"));
	T_STR(authstate_path(&a, "/d", STR("../a b/\303\244"), STR("")),
	      STR("/d/auth/%2E.%2Fa%20b%2F%C3%A4.json"));
	T_STR(authstate_path(&a, "/d", STR("x"), STR("/run/x")), STR("/run/x"));
	const char *path = authstate_path(&a, dir, STR("ann"), STR("")).p;
	T(authstate_load(path, &back, &err) == 0 && back.access[0] == '\0');
	snprintf(s.server, sizeof s.server, "h:993");
	snprintf(s.binding, sizeof s.binding, "tls-unique");
	snprintf(s.access, sizeof s.access, "acc\"ess");
	memset(s.refresh, 'r', sizeof s.refresh - 1);
	s.scram = true;
	s.renew_at = 5000000000;
	umask(0);
	T(authstate_save(path, &s, &err) == 1);
	T(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
	T(authstate_load(path, &back, &err) == 1);
	T(memcmp(&s, &back, sizeof s) == 0);
	T(authstate_lock(path, &fd, &err) == 1);
	pid_t pid = fork(); /* another process waits until we let go */
	if (pid == 0) {
		struct err e;
		int mine;
		close(fd);
		_exit(authstate_lock(path, &mine, &e) == 1 ? 7 : 1);
	}
	int status = 0;
	T(waitpid(pid, &status, WNOHANG) == 0);
	close(fd);
	T(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7);
	T(file_replace(path, STR("{\"server\": 1, \"access_token\": []}"), &err) == 1);
	T(authstate_load(path, &back, &err) == 1 && back.server[0] == '\0');
	T(file_replace(path, STR("[]"), &err) == 1);
	T(authstate_load(path, &back, &err) == -1 && err.kind == ERR_DENIED);
	arena_free(&a);
	return t_done();
}
