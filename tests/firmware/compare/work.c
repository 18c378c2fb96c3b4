/* SPDX-License-Identifier: MIT
 *
 * Ordinary code for the comparison of two models of a core: recursion, 64-bit and floating point
 * arithmetic, tables of functions.
 */
#include <stdint.h>

struct result {
	uint32_t ackermann, crc;
	uint64_t factorial;
	float pi, root;
	int32_t sorted[8];
};

extern struct result results;
struct result results;

static uint32_t ackermann(uint32_t m, uint32_t n)
{
	if (m == 0)
		return n + 1;
	return n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

static uint64_t factorial(unsigned n)
{
	return n < 2 ? 1 : n * factorial(n - 1);
}

static uint32_t crc32(const uint8_t *bytes, unsigned length)
{
	uint32_t crc = 0xFFFFFFFF;

	while (length--) {
		crc ^= *bytes++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
	}
	return ~crc;
}

static float leibniz(unsigned terms)
{
	float sum = 0.0f;

	for (unsigned n = 0; n < terms; n++)
		sum += (n & 1 ? -4.0f : 4.0f) / (float)(2 * n + 1);
	return sum;
}

static float square_root(float value)
{
	float root;

	__asm__("vsqrt.f32 %0, %1" : "=t"(root) : "t"(value));
	return root;
}

static void sort(int32_t *values, int count)
{
	for (int i = 1; i < count; i++)
		for (int k = i; k > 0 && values[k] < values[k - 1]; k--) {
			int32_t kept = values[k];

			values[k] = values[k - 1];
			values[k - 1] = kept;
		}
}

uint32_t work(void);
uint32_t work(void)
{
	static const int32_t mixed[8] = { 5, -3, 1000000, 7, 0, -2000000000, 42, 7 };

	results.ackermann = ackermann(2, 9);
	results.factorial = factorial(20) / 1001;
	results.pi = leibniz(500);
	results.root = square_root(results.pi);
	for (int i = 0; i < 8; i++)
		results.sorted[i] = mixed[i];
	sort(results.sorted, 8);
	results.crc = crc32((const uint8_t *)results.sorted, sizeof(results.sorted));
	return results.crc;
}
