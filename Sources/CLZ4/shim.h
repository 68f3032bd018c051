// The LZ4 frame format, as Debian's liblz4-dev installs it.
#include <lz4frame.h>
