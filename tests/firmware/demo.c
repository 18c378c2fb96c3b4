/* SPDX-License-Identifier: MIT
 *
 * A small weather station: SysTick takes a reading each millisecond, main looks at them, prints,
 * and raises an alarm. There is something here for each thing a debugger does.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "usart.h"

struct range {
	int32_t lowest, highest;
};

struct station {
	const char *name;
	int32_t readings[8];
	uint32_t count;
	struct range range;
	float average;
	bool alarm;
};

struct station station = { .name = "roof", .range = { INT32_MAX, INT32_MIN } };
volatile uint32_t milliseconds;
volatile uint32_t checksum;

static volatile uint32_t *const systick = (volatile uint32_t *)0xE000E010;	/* CTRL LOAD VAL */

__attribute__((noinline)) static void station_add(struct station *s, int32_t reading)
{
	s->readings[s->count++ % 8] = reading;
	if (reading < s->range.lowest)
		s->range.lowest = reading;
	if (reading > s->range.highest)
		s->range.highest = reading;
}

__attribute__((noinline)) static int32_t sensor_read(uint32_t time)
{
	return (int32_t)(time * 37 % 50) - 10;
}

void SysTick_Handler(void);
void SysTick_Handler(void)
{
	milliseconds++;
	station_add(&station, sensor_read(milliseconds));
}

__attribute__((noinline)) static uint32_t fibonacci(uint32_t n)
{
	if (n < 2)
		return n;
	return fibonacci(n - 1) + fibonacci(n - 2);
}

__attribute__((noinline)) static void station_average(struct station *s)
{
	float sum = 0;

	for (unsigned i = 0; i < 8; i++)
		sum += (float)s->readings[i];
	s->average = sum / 8;
}

__attribute__((noinline)) static void station_check(struct station *s)
{
	station_average(s);
	if (s->range.highest > 35 && !s->alarm)
		s->alarm = true;
}

int main(void)
{
	usart_start();
	printf("station '%s' starts\n", station.name);
	checksum = fibonacci(10);
	systick[1] = 16000 - 1;
	systick[0] = 7;
	for (uint32_t round = 0;; round++) {
		station_check(&station);
		if (round % 100 == 0)
			printf("%lu ms: %ld..%ld\n", (unsigned long)milliseconds,
			       (long)station.range.lowest, (long)station.range.highest);
		checksum += fibonacci(5);
	}
}
