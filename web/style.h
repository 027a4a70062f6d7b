/* style: the style sheet and the icon of the pages, as text. */
#ifndef STYLE_H
#define STYLE_H

#include "call.h"

/* GET /style.css and GET /icon.svg */
route_handler style_css;
route_handler style_icon;

#endif
