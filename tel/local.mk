noinst_LIBRARIES += libtel.a
libtel_a_SOURCES = \
	tel/band.c tel/band.h \
	tel/cdr.c tel/cdr.h \
	tel/codes.c tel/codes.h \
	tel/media.c tel/media.h \
	tel/money.c tel/money.h \
	tel/number.c tel/number.h \
	tel/number_class.c tel/number_class.h \
	tel/number_table.c \
	tel/porting.c tel/porting.h \
	tel/tariff.c tel/tariff.h \
	tel/trie.c tel/trie.h
