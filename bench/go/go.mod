module sockscope.dev/article

go 1.19
