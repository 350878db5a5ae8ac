#pragma once
// Versioned calls (H5Literate, H5Lget_info, ...) mean the same with every library from 1.10 on.
#define H5_USE_110_API
#include <hdf5.h>
