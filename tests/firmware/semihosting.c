/* SPDX-License-Identifier: MIT
 *
 * A program as people write them, on newlib's semihosting (rdimon): arguments, printf, files, input, time,
 * errno, and an exit status that says what failed.
 *
 *	semihosting files NAME		writes, reads back, renames, removes
 *	semihosting big NAME BYTES	writes that much
 *	semihosting echo		lines from stdin until "quit"
 *	semihosting peek NAME		is it there?
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int _rename(const char *from, const char *to);	/* the call; newlib's own rename() makes links */

enum { FAILED = 3 };

static void check(int condition, const char *what)
{
	if (condition)
		return;
	printf("failed: %s, errno %d\n", what, errno);
	exit(FAILED);
}

static int files(const char *name)
{
	char line[40], other[80];
	FILE *file = fopen(name, "w+");

	check(file != NULL, "create");
	check(fprintf(file, "%s and %d\n", "forty", 42) == 13, "print");
	check(fseek(file, 10, SEEK_SET) == 0, "seek");
	check(fgets(line, sizeof(line), file) && strcmp(line, "42\n") == 0, "read");
	check(fseek(file, 0, SEEK_END) == 0 && ftell(file) == 13, "length");
	check(!isatty(fileno(file)), "no terminal");
	check(fclose(file) == 0, "close");
	snprintf(other, sizeof(other), "%s.old", name);
	check(_rename(name, other) == 0, "rename");
	check(!fopen(name, "r") && errno == ENOENT, "errno of a missing file");
	check(remove(other) == 0, "remove");
	check(time(NULL) > 1700000000, "time");
	check(clock() != (clock_t)-1, "clock");
	check(system("true") != 0, "no commands");
	return 0;
}

/* Through write(): stdio's own pieces are small. */
static int big(const char *name, size_t length)
{
	static char data[64 * 1024];
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	check(fd >= 0, "create");
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7 + i / 256);
	check(write(fd, data, length) == (int)length, "write");
	check(close(fd) == 0, "close");
	return 0;
}

static int echo(void)
{
	char line[80];

	while (fgets(line, sizeof(line), stdin) && strcmp(line, "quit\n"))
		printf("you said %s", line);
	return 0;
}

static int run(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "files") == 0)
		return files(argv[2]);
	if (argc == 4 && strcmp(argv[1], "big") == 0)
		return big(argv[2], (size_t)atoi(argv[3]));
	if (argc == 2 && strcmp(argv[1], "echo") == 0)
		return echo();
	if (argc == 3 && strcmp(argv[1], "peek") == 0)
		return fopen(argv[2], "r") ? 1 : 0;
	return 9;
}

int main(int argc, char **argv)
{
	int status;

	printf("hello, %d words\n", argc);
	status = run(argc, argv);
	fprintf(stderr, "done: %d\n", status);
	return status;
}
