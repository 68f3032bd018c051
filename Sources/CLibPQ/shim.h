// libpq's client interface, as Debian's libpq-dev installs it (pkg-config adds the include path).
#include <libpq-fe.h>
