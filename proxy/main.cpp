#include <cstdio>

#include "proxy/version.hpp"

int main() { std::fputs(legible::proxy::version_text().c_str(), stdout); }
