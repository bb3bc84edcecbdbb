"""`make bench`: what the proxies and the program cost, beside what people would use instead."""
