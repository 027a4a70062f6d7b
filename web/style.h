/* style: the files that the pages load: style sheet, script, icon.
 *
 * Shape: real files in web/static, linked into the program as they are.
 */
#ifndef STYLE_H
#define STYLE_H

#include "call.h"

/* GET /style.css, /sheaf.js, /icon.svg */
route_handler style_css;
route_handler style_script;
route_handler style_icon;

#endif
