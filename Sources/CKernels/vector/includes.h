// What the files in this folder need from elsewhere: included before the instruction set is switched on.
#pragma once
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../attention.h"
#include "../scalar.h"
#include "CKernels.h"
