"""What the row "python" runs: integers, strings, dictionaries, closures."""


def primes(limit):
    sieve = bytearray([1]) * (limit + 1)
    sieve[0:2] = b"\0\0"
    for i in range(2, int(limit**0.5) + 1):
        if sieve[i]:
            sieve[i * i :: i] = bytes(len(range(i * i, limit + 1, i)))
    return [i for i, p in enumerate(sieve) if p]


class Counter:
    def __init__(self):
        self.words = {}

    def add(self, word):
        self.words[word] = self.words.get(word, 0) + 1


def main():
    found = primes(200000)
    counter = Counter()
    x = 12345
    for i in range(150000):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        counter.add("w%d" % (x % 977))
    best = sorted(counter.words.items(), key=lambda item: (-item[1], item[0]))[:5]
    big = 1
    for p in found[:400]:
        big *= p
    total = sum(float(p) ** 0.5 for p in found)
    print(len(found), found[-1], best, big % 1000000007, repr(total))


main()
